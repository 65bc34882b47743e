"""Ragged rows as tuples: the splits below the row, then the values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Values = Tensor | np.ndarray


def boxed(*tensors: Any) -> tuple[Any, ...]:
    """Tensors that travel as one value."""
    return tensors


def boxed_rows(values: Values) -> list[tuple[Values]]:
    """Each row in a tuple of its own."""
    return [(row,) for row in values]


def ragged_rows(splits: Sequence[Tensor], values: Values) -> list[tuple[Any, ...]]:
    """(inner splits, values) of every row of a ragged tensor."""
    rows = []
    bounds = splits[0].tolist()
    for low, high in zip(bounds, bounds[1:], strict=False):
        parts: list[Any] = []
        for inner in splits[1:]:
            part = inner[low : high + 1]
            parts.append(part - part[0])
            low, high = int(part[0]), int(part[-1])
        rows.append((*parts, values[low:high]))
    return rows


def ragged_from_rows(rows: Sequence[Sequence[Any]]) -> Any:
    """(splits, values) of the ragged tensor whose rows are given, or the stack of rows
    that are not ragged."""
    if len(rows[0]) == 1:
        lengths = torch.tensor([len(row[0]) for row in rows])
    else:
        lengths = torch.tensor([len(row[0]) - 1 for row in rows])
    splits = [_ends(lengths)]
    for depth in range(len(rows[0]) - 1):
        sizes = torch.cat([row[depth].diff() for row in rows])
        splits.append(_ends(sizes))
    return *splits, ragged_joined([row[-1] for row in rows])


def _ends(sizes: Tensor) -> Tensor:
    return torch.nn.functional.pad(sizes.cumsum(0), (1, 0))


def ragged_joined(parts: Sequence[Any]) -> Any:
    """Tensors or arrays of strings along their first axis."""
    plain = isinstance(parts[0], Tensor)
    return torch.cat(list(parts)) if plain else np.concatenate(parts)


def joined_rows(rows: Sequence[Sequence[Tensor]], shape: Tensor) -> Tensor:
    """The values of ragged rows as one tensor of that shape."""
    return torch.cat([row[-1].flatten() for row in rows]).reshape(shape.tolist())
