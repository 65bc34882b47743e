"""Scatters and one-hot as TensorFlow defines them."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def one_hot(index: Tensor, depth: int, axis: int = -1) -> Tensor:
    """True where a class is the index; all False for an index out of range."""
    classes = torch.arange(depth, device=index.device)
    hot = index.unsqueeze(-1) == classes
    return hot if axis == -1 else hot.movedim(-1, axis)


def scatter_extreme(x: Tensor, indices: Tensor, updates: Tensor, reduce: str) -> Tensor:
    """``x`` reduced by ``amax`` or ``amin`` with ``updates`` at ``indices``."""
    depth = indices.shape[-1]
    outer, inner = x.shape[:depth], x.shape[depth:]
    flat = torch.zeros_like(indices[..., 0])
    for axis, size in enumerate(outer):
        flat = flat * size + indices[..., axis]
    rows = updates.reshape(flat.numel(), -1)
    index = flat.reshape(-1, 1).expand_as(rows)
    made = x.reshape(math.prod(outer), -1).scatter_reduce(0, index, rows, reduce)
    return made.reshape(*outer, *inner)


class _Stitch(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        size = int(places.max()) + 1 if places.numel() else 0
        merged = rows.new_zeros(size, *rows.shape[1:])
        merged[places] = rows
        return merged

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (places,) = ctx.saved_tensors
        return grad[places], None


def dynamic_stitch(indices: Sequence[Tensor], data: Sequence[Tensor]) -> Tensor:
    """Row ``indices[k][i]`` of the result is ``data[k][i]``; the last one wins.

    As in TensorFlow rows that lose have a gradient too.
    """
    places = [index.flatten().long() for index in indices]
    rows = [
        d.reshape(-1, *d.shape[i.ndim :]) for i, d in zip(indices, data, strict=True)
    ]
    merged: Tensor = _Stitch.apply(torch.cat(rows), torch.cat(places))
    return merged
