"""Floats rounded to what few bits can say, and the gradients of that."""

from typing import Any

import torch
from torch import Tensor

from tf2torch.rules.helpers.slope import with_slope


def nudged_range(
    low: Tensor, high: Tensor, first: int, last: int
) -> tuple[Tensor, Tensor, Tensor]:
    """(low, high, scale) moved so that 0 is one of the quanta ``first`` to ``last``."""
    scale = (high - low) / (last - first)
    zero = first - low / scale
    # Halves go away from 0, as in C.
    zero = torch.floor(zero.clamp(first, last) + 0.5)
    return (first - zero) * scale, (last - zero) * scale, scale


class FakeQuantize(torch.autograd.Function):
    """Rounds to the quanta; gradients pass in range, else they go to the bounds."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, low: Tensor, high: Tensor, first: int, last: int
    ) -> Tensor:
        ctx.save_for_backward(x, low, high)
        ctx.levels = first, last
        start, stop, scale = nudged_range(low, high, first, last)
        steps = torch.floor((x.clamp(start, stop) - start) * (1 / scale) + 0.5)
        return torch.where((low == 0) & (high == 0), 0, steps * scale + start)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        grads = fake_quantize_grads(grad, *ctx.saved_tensors, *ctx.levels)
        return (*grads, None, None)


def fake_quantize_grads(
    grad: Tensor, x: Tensor, low: Tensor, high: Tensor, first: int, last: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, low and high."""
    start, stop, _ = nudged_range(low, high, first, last)
    empty = (low == 0) & (high == 0)
    below, above = (x < start) & ~empty, (x > stop) & ~empty
    to_x = torch.where(below | above, 0, grad)
    to_low = torch.where(below, grad, 0).sum_to_size(low.shape)
    return to_x, to_low, torch.where(above, grad, 0).sum_to_size(high.shape)


def fake_quantize(
    x: Tensor, low: Tensor, high: Tensor, first: int, last: int
) -> Tensor:
    """``x`` rounded to quanta between ``low`` and ``high``, which may be trained."""
    return FakeQuantize.apply(x, low, high, first, last)


def fake_quantize_between(
    x: Tensor, low: float, high: float, first: int, last: int
) -> Tensor:
    """``x`` rounded to quanta between two numbers."""
    bounds = x.new_tensor((low, high))
    return FakeQuantize.apply(x, bounds[0], bounds[1], first, last)


def fake_quantize_between_grad(
    grad: Tensor, x: Tensor, low: float, high: float, first: int, last: int
) -> Tensor:
    """``grad`` where ``x`` is in range."""
    bounds = x.new_tensor((low, high))
    return fake_quantize_grads(grad, x, bounds[0], bounds[1], first, last)[0]


def round_to_bits(
    x: Tensor,
    bits: int | Tensor,
    low: float | Tensor | None = None,
    high: float | Tensor | None = None,
    signed: bool = True,
    narrow: bool = False,
    axis: int = -1,
    half_up: bool = False,
) -> Tensor:
    """``x`` on a grid of 2^bits values around 0; the gradient passes as it is.

    Without a range the extremes of ``x`` (of each place along ``axis``) are it.
    """
    z = x.detach()
    shape = [-1 if i == axis else 1 for i in range(z.ndim)] if axis >= 0 else []
    if low is None or high is None:
        rest = [i for i in range(z.ndim) if i != axis] if axis >= 0 else []
        low, high = (z.amin(rest), z.amax(rest)) if rest else (z.amin(), z.amax())
    low, high = (torch.as_tensor(b, dtype=z.dtype).detach() for b in (low, high))
    low, high = low.to(z.device).reshape(shape), high.to(z.device).reshape(shape)
    half = 2 ** (int(bits) - 1)
    first, last = (narrow - half, half - 1) if signed else (0, 2 * half - 1)
    largest = torch.finfo(z.dtype).max
    from_low = torch.where(first * low > 0, first / low, largest)
    from_high = torch.where(last * high > 0, last / high, largest)
    lower = from_low < from_high
    scale = torch.where(lower, from_low, from_high)
    step = torch.where(lower, low / (first or 1), high / last)
    start = torch.where(lower, low, first * step)
    stop = torch.where(lower, last * step, high)
    steps = z.clamp(start, stop) * scale
    steps = torch.floor(steps + 0.5) if half_up else torch.round(steps)
    return with_slope(x, steps * step, torch.ones_like(z))


def bounded_gradient(
    grad: Tensor, x: Tensor, low: Tensor, high: Tensor, axis: int
) -> Tensor:
    """``grad`` where ``x`` lies within bounds (along ``axis``)."""
    shape = [-1 if i == axis else 1 for i in range(x.ndim)] if axis >= 0 else []
    inside = (x >= low.reshape(shape)) & (x <= high.reshape(shape))
    return torch.where(inside, grad, 0)


def with_bounded_gradient(
    x: Tensor, value: Tensor, low: Tensor, high: Tensor, axis: int
) -> Tensor:
    """``value``, with the gradient of ``x`` where that lies within the bounds."""
    slope = bounded_gradient(torch.ones_like(x), x, low, high, axis)
    return with_slope(x, value, slope)
