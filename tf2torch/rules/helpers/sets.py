"""Set operations on the rows of dense or sparse tensors; run on the host."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor


def dense_sets(x: Tensor | np.ndarray) -> dict[tuple[int, ...], set[Any]]:
    """Position of every row → the set of its elements."""
    rows = np.asarray(x, dtype=object) if isinstance(x, np.ndarray) else x.cpu().numpy()
    return {place: set(rows[place].tolist()) for place in np.ndindex(rows.shape[:-1])}


def sparse_sets(
    indices: Tensor, values: Tensor | np.ndarray
) -> dict[tuple[int, ...], set[Any]]:
    """``dense_sets`` of the rows of a sparse tensor that have entries."""
    sets: dict[tuple[int, ...], set[Any]] = {}
    for *place, value in zip(*indices.T[:-1].tolist(), values.tolist(), strict=True):
        sets.setdefault(tuple(place), set()).add(value)
    return sets


def combine_sets(
    first: dict[tuple[int, ...], set[Any]],
    second: dict[tuple[int, ...], set[Any]],
    operation: str,
    shape: Sequence[int] | Tensor,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor | np.ndarray, Tensor]:
    """``a-b``, ``b-a``, ``intersection`` or ``union`` per row, as a sparse tensor.

    Elements are sorted; ``shape`` is that of the rows; ``dtype`` None means strings.
    """
    combine = {
        "a-b": set.difference,
        "b-a": lambda a, b: b - a,
        "intersection": set.intersection,
        "union": set.union,
    }[operation]
    places, values, largest = [], [], 0
    for place in sorted(first.keys() | second.keys()):
        row = sorted(combine(first.get(place, set()), second.get(place, set())))
        places += [(*place, column) for column in range(len(row))]
        values += row
        largest = max(largest, len(row))
    sizes = [int(size) for size in shape]
    indices = torch.tensor(places, dtype=torch.int64).reshape(-1, len(sizes) + 1)
    whole = torch.tensor([*sizes, largest])
    if dtype is None:
        return indices, np.fromiter(values, object, len(values)), whole
    return indices, torch.tensor(values, dtype=dtype), whole


def set_sizes(
    sets: dict[tuple[int, ...], set[Any]], shape: Sequence[int] | Tensor
) -> Tensor:
    """How many elements the set of each row has."""
    sizes = torch.zeros(*(int(size) for size in shape), dtype=torch.int32)
    for place, row in sets.items():
        sizes[place] = len(row)
    return sizes
