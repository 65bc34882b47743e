"""Padding that ``F.pad`` does not know."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def pad_with(
    x: Tensor, pads: Tensor | Sequence[Sequence[int]], value: Tensor
) -> Tensor:
    """``x`` with (before, after) cells of ``value`` along each axis.

    As in TensorFlow no gradient reaches ``value``.
    """
    amounts = [int(amount) for pair in reversed(list(pads)) for amount in pair]
    inside = F.pad(torch.ones_like(x, dtype=torch.bool), amounts)
    return torch.where(inside, F.pad(x, amounts), value.detach())


def mirrored(size: int, pair: tuple[int, int], edge: bool) -> Tensor:
    """Per cell after padding the cell that it mirrors."""
    skip = 0 if edge else 1
    index = torch.arange(-pair[0], size + pair[1])
    index = torch.where(index < 0, skip - 1 - index, index)
    return torch.where(index >= size, 2 * size - 1 - skip - index, index)


def mirror_pad(x: Tensor, pads: Sequence[tuple[int, int]], edge: bool) -> Tensor:
    """``x`` mirrored at its ends along each axis; ``edge`` repeats the last cell."""
    for axis, pair in enumerate(pads):
        index = mirrored(x.shape[axis], pair, edge).to(x.device)
        x = x.index_select(axis, index)
    return x


def mirror_pad_grad(
    grad: Tensor, pads: Sequence[tuple[int, int]], edge: bool
) -> Tensor:
    """The gradient of ``mirror_pad``: what lies outside is added where it mirrors."""
    for axis, pair in enumerate(pads):
        shape = list(grad.shape)
        shape[axis] -= sum(pair)
        index = mirrored(shape[axis], pair, edge).to(grad.device)
        grad = grad.new_zeros(shape).index_add(axis, index, grad)
    return grad
