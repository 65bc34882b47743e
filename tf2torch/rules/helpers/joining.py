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
