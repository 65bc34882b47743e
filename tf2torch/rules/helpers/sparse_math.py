"""Arithmetic on sparse tensors (indices [n, rank], values [n], shape [rank])."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tf2torch.rules.helpers.sparse import flat_index, merge_entries, unflat_index


def sparse_segment_sum(
    x: Tensor, indices: Tensor, segments: Tensor, count: int | Tensor | None = None
) -> Tensor:
    """Sum of the rows ``x[indices]`` of each segment; empty segments are zero."""
    if count is None:
        count = segments[-1] + 1 if segments.numel() else 0
    total = x.new_zeros(int(count), *x.shape[1:])
    return total.index_add(0, segments, x[indices])


def segment_sizes(segments: Tensor, like: Tensor) -> Tensor:
    """How many entries each row of ``like`` has, at least 1, to divide it by."""
    sizes = torch.bincount(segments, minlength=like.shape[0]).clamp(min=1)
    return sizes.to(like.dtype).reshape(-1, *[1] * (like.ndim - 1))


def sparse_segment_mean(
    x: Tensor, indices: Tensor, segments: Tensor, count: int | Tensor | None = None
) -> Tensor:
    """Mean of the rows ``x[indices]`` of each segment; empty segments are zero."""
    total = sparse_segment_sum(x, indices, segments, count)
    return total / segment_sizes(segments, total)


def sparse_segment_sqrt_n(
    x: Tensor, indices: Tensor, segments: Tensor, count: int | Tensor | None = None
) -> Tensor:
    """Sum of the rows ``x[indices]`` over the root of their number, per segment."""
    total = sparse_segment_sum(x, indices, segments, count)
    return total / segment_sizes(segments, total).sqrt()


def bag_offsets(rows: Tensor, count: int | Tensor | None = None) -> Tensor:
    """Where the ids of each of ``count`` rows start, for nn.EmbeddingBag."""
    if count is None:
        count = rows[-1] + 1 if rows.numel() else 0
    every = torch.arange(int(count), device=rows.device)
    return torch.searchsorted(rows.long().contiguous(), every)


def sparse_segment_grad(
    grad: Tensor, indices: Tensor, segments: Tensor, rows: int | Tensor, power: float
) -> Tensor:
    """Gradient of a segment sum (power 0), mean (1) or sum over root n (0.5)."""
    if power:
        grad = grad / segment_sizes(segments, grad) ** power
    return sparse_segment_sum(grad, segments, indices, rows)


def sparse_segment_grad_rows(
    grad: Tensor, indices: Tensor, segments: Tensor, power: float
) -> tuple[Tensor, Tensor]:
    """``sparse_segment_grad`` for the rows that occur only, and those rows."""
    rows, places = torch.unique(indices, return_inverse=True)
    return sparse_segment_grad(grad, places, segments, len(rows), power), rows


def sparse_dense_matmul(
    indices: Tensor,
    values: Tensor,
    shape: Tensor,
    dense: Tensor,
    adjoint_sparse: bool = False,
    adjoint_dense: bool = False,
) -> Tensor:
    """A sparse matrix times a dense one, either of them as its adjoint."""
    dense = dense.mH if adjoint_dense else dense
    rows, columns = indices.unbind(1)
    count = shape[0]
    if adjoint_sparse:
        rows, columns, count, values = columns, rows, shape[1], values.conj()
    product = dense.new_zeros(int(count), dense.shape[1])
    return product.index_add(0, rows, values[:, None] * dense[columns])


def sparse_add(
    first: tuple[Tensor, Tensor],
    second: tuple[Tensor, Tensor],
    shape: Tensor,
    threshold: Tensor | float = 0,
) -> tuple[Tensor, Tensor]:
    """The sum's indices and values; sums of two below ``threshold`` are dropped."""
    union, here, there = merge_entries(first[0], second[0], shape)
    values = first[1].new_zeros(union.shape[0])
    values = values.index_add(0, here, first[1]).index_add(0, there, second[1])
    parts = torch.bincount(torch.cat((here, there)), minlength=len(union))
    kept = (values.abs() >= threshold) | (parts == 1)
    return union[kept], values[kept]


def sparse_extreme(
    first: tuple[Tensor, Tensor],
    second: tuple[Tensor, Tensor],
    shape: Tensor,
    largest: bool,
) -> tuple[Tensor, Tensor]:
    """Maximum or minimum over the union of entries; a missing one counts as 0."""
    union, here, there = merge_entries(first[0], second[0], shape)
    empty = first[1].new_zeros(union.shape[0])
    a, b = empty.index_add(0, here, first[1]), empty.index_add(0, there, second[1])
    return union, torch.maximum(a, b) if largest else torch.minimum(a, b)


def at_entries(dense: Tensor, indices: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """The elements at ``indices`` of ``dense`` broadcast to ``shape``."""
    sizes = [int(size) for size in shape]
    return dense.expand(sizes)[tuple(indices.unbind(1))]


def add_entries(dense: Tensor, indices: Tensor, values: Tensor) -> Tensor:
    """``dense`` plus a sparse tensor."""
    return dense.index_put(tuple(indices.unbind(1)), values, accumulate=True)


def sparse_reduce(
    indices: Tensor,
    values: Tensor,
    shape: Tensor,
    axes: Sequence[int],
    keepdim: bool = False,
    largest: bool = False,
) -> Tensor:
    """Dense sum (or maximum) over ``axes``; groups without entries are 0."""
    rank = len(shape)
    gone = {axis % rank for axis in axes}
    kept = [axis for axis in range(rank) if axis not in gone]
    sizes = [int(shape[axis]) for axis in kept]
    place = flat_index(indices[:, kept], sizes)
    reduced = values.new_zeros(int(torch.tensor(sizes).prod()))
    if largest:
        reduced = reduced.scatter_reduce(0, place, values, "amax", include_self=False)
    else:
        reduced = reduced.index_add(0, place, values)
    if keepdim:
        sizes = [1 if axis in gone else int(shape[axis]) for axis in range(rank)]
    return reduced.reshape(sizes)


def sparse_reduce_sparse(
    indices: Tensor,
    values: Tensor,
    shape: Tensor,
    axes: Sequence[int],
    keepdim: bool = False,
    largest: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """``sparse_reduce`` as a sparse tensor of the groups that have entries."""
    rank = len(shape)
    gone = {axis % rank for axis in axes}
    kept = [axis for axis in range(rank) if axis not in gone]
    sizes = [int(shape[axis]) for axis in kept]
    groups, place = torch.unique(
        flat_index(indices[:, kept], sizes), return_inverse=True
    )
    reduced = values.new_zeros(groups.shape[0])
    if largest:
        reduced = reduced.scatter_reduce(0, place, values, "amax", include_self=False)
    else:
        reduced = reduced.index_add(0, place, values)
    moved = unflat_index(groups, sizes)
    if keepdim:
        whole = moved.new_zeros(len(groups), rank)
        whole[:, kept] = moved
        moved, sizes = whole, [int(shape[a]) if a in kept else 1 for a in range(rank)]
    return moved, reduced, torch.tensor(sizes, dtype=torch.int64)


def sparse_softmax(indices: Tensor, values: Tensor, shape: Tensor) -> Tensor:
    """Softmax over the entries of each row (the last axis)."""
    _, row = torch.unique(flat_index(indices[:, :-1], shape[:-1]), return_inverse=True)
    count = int(row.max()) + 1 if len(row) else 0
    largest = values.new_zeros(count).scatter_reduce(
        0, row, values.detach(), "amax", include_self=False
    )
    shifted = (values - largest[row]).exp()
    return shifted / values.new_zeros(count).index_add(0, row, shifted)[row]
