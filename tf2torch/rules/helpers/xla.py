"""XLA's primitives where torch has none: clamped slices, inner padding, total order."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def dynamic_slice(x: Tensor, starts: Tensor, sizes: Sequence[int]) -> Tensor:
    """``sizes`` elements from ``starts``, which are moved until the slice fits."""
    for axis, size in enumerate(sizes):
        start = starts[axis].clamp(0, x.shape[axis] - size)
        x = x.index_select(axis, start + torch.arange(size, device=x.device))
    return x


def dynamic_update_slice(x: Tensor, update: Tensor, starts: Tensor) -> Tensor:
    """``x`` with ``update`` at ``starts``, which are moved until it fits."""
    places = []
    for axis, size in enumerate(update.shape):
        start = starts[axis].clamp(0, x.shape[axis] - size)
        place = start + torch.arange(size, device=x.device)
        places.append(place.reshape(-1, *[1] * (x.ndim - 1 - axis)))
    return x.index_put(tuple(places), update)


def pad_inner(x: Tensor, value: Tensor | float, inner: Sequence[int]) -> Tensor:
    """``inner`` values between neighbours along each axis."""
    sizes = [
        max(0, size + (size - 1) * n) for size, n in zip(x.shape, inner, strict=True)
    ]
    wide = torch.zeros_like(x[:0]).new_zeros(sizes) + value
    wide[tuple(slice(None, None, n + 1) for n in inner)] = x
    return wide


def pad_edges(x: Tensor, value: Tensor | float, pads: Sequence[int]) -> Tensor:
    """``pads`` as F.pad takes them, negative ones cut; ``value`` is a tensor."""
    inside = F.pad(torch.ones_like(x, dtype=torch.bool), pads)
    return torch.where(inside, F.pad(x, pads), value)


def total_order(x: Tensor) -> Tensor:
    """Integers in the order -NaN < -Inf < … < -0 < 0 < … < Inf < NaN of ``x``."""
    if not x.is_floating_point():
        return x
    width = {2: torch.int16, 4: torch.int32, 8: torch.int64}[x.element_size()]
    bits = x.detach().contiguous().view(width)
    return torch.where(bits < 0, bits ^ torch.iinfo(width).max, bits)


def sort_together(
    operands: Sequence[Tensor], dim: int = -1, descending: bool = False
) -> tuple[Tensor, ...]:
    """All operands in the order of the first one; equal ones keep theirs."""
    order = total_order(operands[0]).argsort(
        stable=True, dim=dim, descending=descending
    )
    return tuple(x.gather(dim, order) for x in operands)


def reduce_precision(x: Tensor, exponent_bits: int, mantissa_bits: int) -> Tensor:
    """float32 rounded to fewer bits (halves to even), subnormal results to zero."""
    bits = x.contiguous().view(torch.int32)
    cut = 23 - mantissa_bits
    if cut:
        rounding = (1 << cut - 1) - 1 + (bits >> cut & 1)
        bits = bits + rounding & ~((1 << cut) - 1)
    rounded = bits.view(torch.float32)
    bias = (1 << exponent_bits - 1) - 1
    largest = 2.0**bias * (2 - 2.0**-mantissa_bits)
    zero = torch.zeros_like(x).copysign(x)
    rounded = torch.where(rounded.abs() < 2.0 ** (1 - bias), zero, rounded)
    limit = torch.full_like(x, torch.inf).copysign(x)
    rounded = torch.where(rounded.abs() > largest, limit, rounded)
    return torch.where(x.isnan(), x, rounded)
