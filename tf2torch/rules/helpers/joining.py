"""Offsets and sizes of the parts of a concatenation."""

from collections.abc import Sequence

import torch
from torch import Tensor


def concat_offset(axis: int, shapes: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Per part of a concatenation along ``axis``, the index at which it starts."""
    offset = torch.zeros_like(shapes[0])
    offsets = []
    for shape in shapes:
        offsets.append(offset.clone())
        offset[axis] += shape[axis]
    return tuple(offsets)


def split_sizes(x: Tensor, sizes: Tensor | Sequence[int], axis: int) -> list[int]:
    """``sizes`` as ints, where -1 stands for the rest of ``x`` along ``axis``."""
    parts = [int(size) for size in sizes]
    rest = x.shape[axis] - sum(size for size in parts if size >= 0)
    return [rest if size < 0 else size for size in parts]


def reverse_sequence(x: Tensor, lengths: Tensor, axis: int, batch_axis: int) -> Tensor:
    """``x`` whose first ``lengths[b]`` elements along ``axis`` are in reverse order."""
    moved = x.movedim((batch_axis, axis), (0, 1))
    steps = torch.arange(moved.shape[1], device=x.device)
    ends = lengths.unsqueeze(1)
    index = torch.where(steps < ends, ends - 1 - steps, steps)
    index = index.reshape(*index.shape, *[1] * (moved.ndim - 2)).expand_as(moved)
    return moved.gather(1, index).movedim((0, 1), (batch_axis, axis))
