"""Reductions of the rows that share a segment, as TensorFlow defines them."""

import torch
from torch import Tensor


def unsorted_segment_sum(x: Tensor, ids: Tensor, count: int) -> Tensor:
    """Row i is the sum of the slices whose id is i; negative ids drop theirs."""
    rows, places = segment_rows(x, ids)
    zeros = x.new_zeros(count, *x.shape[ids.ndim :])
    return zeros.index_add(0, places, rows)


def segment_rows(x: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """The slices of ``x`` that have an id, and their ids."""
    rows = x.reshape(ids.numel(), *x.shape[ids.ndim :])
    places = ids.flatten().long()
    kept = places >= 0
    return rows[kept], places[kept]


def reduce_segments(
    x: Tensor, ids: Tensor, count: int, reduce: str, empty: float
) -> Tensor:
    """Like ``unsorted_segment_sum`` with another reduction; equals share gradients."""
    rows, places = segment_rows(x, ids)
    columns = [1] * (rows.ndim - 1)
    index = places.view(-1, *columns).expand_as(rows)
    # A value that equals the start would share its gradient with it.
    start = x.new_full((count, *rows.shape[1:]), outermost(x, reduce))
    made = start.scatter_reduce(0, index, rows, reduce, include_self=False)
    filled = torch.zeros(count, dtype=torch.bool, device=x.device)
    filled = filled.index_fill(0, places, True).view(-1, *columns)
    return torch.where(filled, made, empty)


def outermost(x: Tensor, reduce: str) -> float:
    """What ``reduce`` never yields from numbers of the dtype of ``x``."""
    if reduce == "prod":
        return 1
    if x.is_floating_point():
        return -torch.inf if reduce == "amax" else torch.inf
    info = torch.iinfo(x.dtype)
    return info.min if reduce == "amax" else info.max


def unsorted_segment_max(x: Tensor, ids: Tensor, count: int) -> Tensor:
    """The greatest of each segment, the lowest number there is for an empty one."""
    info = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
    return reduce_segments(x, ids, count, "amax", info.min).clamp(min=info.min)


def unsorted_segment_min(x: Tensor, ids: Tensor, count: int) -> Tensor:
    """The least of each segment, the highest number there is for an empty one."""
    info = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
    return reduce_segments(x, ids, count, "amin", info.max).clamp(max=info.max)


def unsorted_segment_prod(x: Tensor, ids: Tensor, count: int) -> Tensor:
    """The product of each segment, 1 for an empty one."""
    return reduce_segments(x, ids, count, "prod", 1)


def segment_count(ids: Tensor) -> int:
    """One segment more than the last id."""
    return int(ids[-1]) + 1 if len(ids) else 0


def segment_sum(x: Tensor, ids: Tensor) -> Tensor:
    """The sum of the rows of each segment; ids ascend."""
    return unsorted_segment_sum(x, ids, segment_count(ids))


def segment_prod(x: Tensor, ids: Tensor) -> Tensor:
    """The product of the rows of each segment, 1 for an empty one; ids ascend."""
    return unsorted_segment_prod(x, ids, segment_count(ids))


def segment_max(x: Tensor, ids: Tensor) -> Tensor:
    """The greatest of each segment, 0 for an empty one; ids ascend."""
    return reduce_segments(x, ids, segment_count(ids), "amax", 0)


def segment_min(x: Tensor, ids: Tensor) -> Tensor:
    """The least of each segment, 0 for an empty one; ids ascend."""
    return reduce_segments(x, ids, segment_count(ids), "amin", 0)


def segment_mean(x: Tensor, ids: Tensor) -> Tensor:
    """The mean of the rows of each segment, 0 for an empty one; ids ascend."""
    total = segment_sum(x, ids)
    sizes = torch.bincount(ids.long(), minlength=len(total)).clamp(min=1)
    return total / sizes.to(x.dtype).view(-1, *[1] * (x.ndim - 1))
