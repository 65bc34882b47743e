"""Gathers that torch has no function for."""

import torch
from torch import Tensor


def gather(x: Tensor, index: Tensor, axis: int, batch_dims: int) -> Tensor:
    """``x[b, :, index[b]]``: the first ``batch_dims`` axes of both go together."""
    axis %= x.ndim
    if batch_dims < 0:
        batch_dims += index.ndim
    x = x.movedim(axis, batch_dims)
    grids = []
    for i, size in enumerate(index.shape[:batch_dims]):
        steps = torch.arange(size, device=x.device)
        grids.append(steps.view(-1, *[1] * (index.ndim - i - 1)))
    taken = x[(*grids, index)]
    between = axis - batch_dims
    source = range(batch_dims, index.ndim)
    return taken.movedim(tuple(source), tuple(i + between for i in source))


def gather_whole(x: Tensor, indices: Tensor) -> Tensor:
    """All of ``x`` for every row of ``indices``, whose rows are empty."""
    return x.expand(*indices.shape[:-1], *x.shape)


def gather_nd(x: Tensor, indices: Tensor) -> Tensor:
    """``x[i, j, ...]`` for the rows (i, j, ...) of ``indices``, of any length."""
    if indices.shape[-1] == 0:
        return gather_whole(x, indices)
    return x[indices.unbind(-1)]
