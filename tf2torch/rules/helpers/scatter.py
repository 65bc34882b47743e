"""Scatters and one-hot as TensorFlow defines them."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def one_hot(index: Tensor, depth: int, axis: int = -1) -> Tensor:
    """True where a class is the index; all False for an index out of range."""
    classes = torch.arange(depth, device=index.device)
    hot = index.unsqueeze(-1) == classes
    return hot if axis == -1 else hot.movedim(-1, axis)


def scatter_extreme(x: Tensor, indices: Tensor, updates: Tensor, reduce: str) -> Tensor:
    """``x`` reduced by ``amax`` or ``amin`` with ``updates`` at the rows ``indices``."""
    depth = indices.shape[-1]
    outer, inner = x.shape[:depth], x.shape[depth:]
    flat = torch.zeros_like(indices[..., 0])
    for axis, size in enumerate(outer):
        flat = flat * size + indices[..., axis]
    rows = updates.reshape(flat.numel(), -1)
    index = flat.reshape(-1, 1).expand_as(rows)
    made = x.reshape(math.prod(outer), -1).scatter_reduce(0, index, rows, reduce)
    return made.reshape(*outer, *inner)


def dynamic_stitch(indices: Sequence[Tensor], data: Sequence[Tensor]) -> Tensor:
    """Row ``indices[k][i]`` of the result is ``data[k][i]``; the last one wins."""
    places = [index.flatten().long() for index in indices]
    rows = [
        d.flatten(0, i.ndim - 1) if i.ndim else d[None] for i, d in zip(indices, data)
    ]
    size = max((int(p.max()) + 1 for p in places if p.numel()), default=0)
    merged = rows[0].new_zeros(size, *rows[0].shape[1:])
    for place, row in zip(places, rows):
        merged = merged.index_put((place,), row)
    return merged
