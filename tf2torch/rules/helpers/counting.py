"""Counts of integers, whole or per row."""

import torch
from torch import Tensor


def id_count(ids: Tensor, low: int = 0, high: int | None = None) -> int:
    """One more than the largest id, but at least ``low`` and at most ``high``."""
    count = int(ids.max()) + 1 if ids.numel() else 0
    return max(count, low) if high is None else min(max(count, low), high)


def count_ids(
    ids: Tensor,
    size: int | Tensor,
    weights: Tensor | None = None,
    binary: bool = False,
    dtype: torch.dtype = torch.int32,
) -> Tensor:
    """How often (or how heavily) 0 … ``size`` - 1 occur along the last axis.

    Larger ids are left out; ``binary`` says only whether an id occurs.
    """
    size = int(size)
    index = ids.long().clamp(max=size)
    counts = torch.zeros(*ids.shape[:-1], size + 1, dtype=dtype, device=ids.device)
    if weights is None or binary:
        weights = torch.ones_like(index, dtype=dtype)
    counts = counts.scatter_add(-1, index, weights)[..., :size]
    return (counts > 0).to(dtype) if binary else counts


def count_row_ids(
    rows: Tensor,
    ids: Tensor,
    row_count: int | Tensor,
    size: int | Tensor,
    weights: Tensor | None = None,
    binary: bool = False,
    dtype: torch.dtype = torch.int32,
) -> Tensor:
    """``count_ids`` of a ragged or sparse matrix; ``ids[i]`` is in row ``rows[i]``."""
    size, row_count = int(size), int(row_count)
    inside = ids < size
    flat = rows[inside].long() * size + ids[inside].long()
    if weights is not None:
        weights = weights[inside]
    return count_ids(flat, row_count * size, weights, binary, dtype).reshape(
        row_count, size
    )


def count_sparse(
    rows: Tensor,
    ids: Tensor,
    row_count: int,
    weights: Tensor | None,
    limits: tuple[int, int],
    binary: bool,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor, Tensor]:
    """Per row the ids that occur and their counts: indices [n, 2], counts, shape.

    ``limits`` are the least number of columns and the first id left out (or -1).
    """
    least, most = limits
    inside = ids < most if most >= 0 else torch.ones_like(ids, dtype=torch.bool)
    places = torch.stack((rows[inside].long(), ids[inside].long()), 1)
    indices, position = torch.unique(places, dim=0, return_inverse=True)
    one = torch.ones_like(position, dtype=dtype)
    counted = one if weights is None else weights[inside]
    counts = torch.zeros(len(indices), dtype=dtype, device=ids.device)
    counts = counts.index_add(0, position, counted)
    counts = torch.ones_like(counts) if binary else counts
    columns = most if most >= 0 else max(least, int(ids.max()) + 1 if len(ids) else 0)
    return indices, counts, torch.tensor([row_count, columns])


def count_up_(counter: Tensor, limit: int) -> Tensor:
    """The count before it is raised by one; an error once it is at the limit."""
    before = counter.detach().clone()
    if int(before) >= limit:
        raise IndexError(f"the count has reached its limit {limit}")
    counter.add_(1)
    return before
