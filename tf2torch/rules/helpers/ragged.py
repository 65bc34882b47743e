"""Ragged tensors: values in one tensor, row boundaries in others (``row_splits``).

Row ``r`` of a ragged axis holds the values ``splits[r]`` to ``splits[r + 1]``.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def row_splits(row_ids: Tensor, rows: Tensor | int) -> Tensor:
    """``row_splits`` of values whose sorted row numbers are ``row_ids``."""
    lengths = torch.bincount(row_ids, minlength=int(rows))
    return torch.cat((lengths.new_zeros(1), lengths.cumsum(0)))


def ragged_places(splits: Sequence[Tensor]) -> list[Tensor]:
    """Per ragged axis (and the one before it) the position of every value."""
    places: list[Tensor] = []
    for split in splits:
        rows = torch.arange(split.shape[0] - 1, device=split.device)
        row_of = rows.repeat_interleave(split.diff())
        column = torch.arange(row_of.shape[0], device=split.device) - split[row_of]
        outer = places or [rows]
        places = [*(p[row_of] for p in outer), column]
    return places


def ragged_sizes(
    splits: Sequence[Tensor], shape: Sequence[int | Tensor] | Tensor | None = None
) -> list[int]:
    """The smallest box around the rows; sizes in ``shape`` other than -1 win."""
    sizes = [splits[0].shape[0] - 1]
    for split in splits:
        lengths = split.diff()
        sizes.append(int(lengths.max()) if lengths.numel() else 0)
    wanted = [-1] * len(sizes) if shape is None else [int(s) for s in shape]
    pairs = zip(wanted[: len(sizes)], sizes, strict=True)
    return [size if want < 0 else want for want, size in pairs]


def ragged_to_dense(
    values: Tensor,
    splits: Sequence[Tensor],
    default: Tensor | float = 0,
    shape: Sequence[int | Tensor] | Tensor | None = None,
) -> Tensor:
    """Rows padded with ``default`` (or cut) to one size."""
    sizes = ragged_sizes(splits, shape)
    places = ragged_places(splits)
    inside = torch.ones_like(places[0], dtype=torch.bool)
    for place, size in zip(places, sizes, strict=True):
        inside = inside & (place < size)
    fill = torch.as_tensor(default, dtype=values.dtype, device=values.device)
    dense = fill.expand(*sizes, *values.shape[1:])
    kept = tuple(place[inside] for place in places)
    return dense.index_put(kept, values[inside])


def ragged_strings_to_dense(
    values: np.ndarray,
    splits: Sequence[Tensor],
    default: np.ndarray | bytes = b"",
    shape: Sequence[int | Tensor] | Tensor | None = None,
) -> np.ndarray:
    """``ragged_to_dense`` of strings."""
    sizes = ragged_sizes(splits, shape)
    places = [place.numpy() for place in ragged_places(splits)]
    inside = np.ones(len(values), dtype=bool)
    for place, size in zip(places, sizes, strict=True):
        inside &= place < size
    dense = np.full((*sizes, *values.shape[1:]), default, dtype=object)
    dense[tuple(place[inside] for place in places)] = values[inside]
    return dense


def ragged_to_sparse(
    splits: Sequence[Tensor], inner: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Indices [n, rank] and dense shape; the values have the ``inner`` shape each."""
    places = torch.stack(ragged_places(splits), 1)
    whole = torch.tensor([*ragged_sizes(splits), *inner])
    if not inner:
        return places, whole
    box = torch.cartesian_prod(*(torch.arange(size) for size in inner))
    box = box.reshape(-1, len(inner)).to(places.device)
    rows = places.repeat_interleave(box.shape[0], 0)
    indices = torch.cat((rows, box.repeat(places.shape[0], 1)), 1)
    return indices, whole


def ragged_range(
    starts: Tensor, limits: Tensor, deltas: Tensor
) -> tuple[Tensor, Tensor]:
    """(row_splits, values) of ``range(start, limit, delta)`` per row."""
    starts, limits, deltas = torch.broadcast_tensors(
        *(torch.atleast_1d(t) for t in (starts, limits, deltas))
    )
    if starts.is_floating_point():
        counts = ((limits - starts) / deltas).ceil().long()
    else:
        counts = -((starts - limits).long() // deltas)
    counts = counts.clamp(min=0)
    splits = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
    rows = torch.arange(counts.shape[0], device=counts.device)
    rows = rows.repeat_interleave(counts)
    steps = torch.arange(rows.shape[0], device=rows.device) - splits[rows]
    values = starts[rows] + steps.to(starts.dtype) * deltas[rows]
    return splits, values


def ragged_gather(
    splits: Sequence[Tensor], indices: Tensor
) -> tuple[list[Tensor], Tensor]:
    """Rows ``indices`` of a ragged tensor: new splits, and which values to take."""
    taken, made = indices.flatten().long(), []
    for split in splits:
        lengths = split.diff()[taken]
        made.append(torch.cat((lengths.new_zeros(1), lengths.cumsum(0))))
        rows = torch.arange(len(taken), device=taken.device)
        rows = rows.repeat_interleave(lengths)
        within = torch.arange(len(rows), device=taken.device) - made[-1][rows]
        taken = split[taken][rows] + within
    return made, taken


def ragged_gather_splits(
    splits: Sequence[Tensor], indices: Tensor
) -> tuple[Tensor, ...]:
    """Row splits of a gather, with those of the axes of ``indices`` before them."""
    made, taken = ragged_gather(splits, indices)
    outer = []
    for axis in range(indices.ndim - 1):
        rows = int(np.prod(indices.shape[: axis + 1]))
        steps = torch.arange(rows + 1, device=indices.device)
        outer.append((steps * indices.shape[axis + 1]).to(splits[0].dtype))
    return (*outer, *made, taken)
