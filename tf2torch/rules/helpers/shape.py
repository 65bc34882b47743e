"""Axes of broadcasts."""

from collections.abc import Sequence

import torch
from torch import Tensor


def reduced_axes(
    first: Sequence[int], second: Sequence[int], dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Per operand of a broadcast its axes of size 1, none when the shapes are equal."""
    shapes = [[int(size) for size in shape] for shape in (first, second)]
    rank = max(map(len, shapes))
    padded = [[1] * (rank - len(shape)) + shape for shape in shapes]
    if shapes[0] == shapes[1]:
        padded = [[], []]
    left, right = ([i for i, n in enumerate(shape) if n == 1] for shape in padded)
    return torch.tensor(left, dtype=dtype), torch.tensor(right, dtype=dtype)
