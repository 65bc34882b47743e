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


def mirror_pad(x: Tensor, pads: Sequence[tuple[int, int]], edge: bool) -> Tensor:
    """``x`` mirrored at its ends along each axis; ``edge`` repeats the outermost cell."""
    for axis, (before, after) in enumerate(pads):
        size, skip = x.shape[axis], 0 if edge else 1
        index = torch.arange(-before, size + after, device=x.device)
        index = torch.where(index < 0, -index - 1 + skip, index)
        index = torch.where(index >= size, 2 * size - 1 - skip - index, index)
        x = x.index_select(axis, index)
    return x
