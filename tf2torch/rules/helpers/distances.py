"""Distances of points and of sequences, and the nearest ordered sequence."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def nearest_neighbors(points: Tensor, centers: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The ``k`` nearest centers of each point and their squared distances."""
    squares = points.square().sum(1, keepdim=True) + centers.square().sum(1)
    distances = (squares - 2 * points @ centers.T).clamp(min=0)
    nearest, order = distances.sort(dim=1, stable=True)
    return order[:, :k], nearest[:, :k]


def levenshtein(left: Sequence[Any], right: Sequence[Any]) -> int:
    """Insertions, deletions and substitutions from one sequence to the other."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left):
        above, row[0] = row[0], i + 1
        for j, b in enumerate(right):
            cost = min(row[j] + 1, row[j + 1] + 1, above + (a != b))
            above, row[j + 1] = row[j + 1], cost
    return row[-1]


def sparse_sequences(indices: Tensor, values: Any) -> dict[tuple[int, ...], list[Any]]:
    """The sequences along the last axis of a sparse tensor, by their place."""
    found: dict[tuple[int, ...], list[Any]] = defaultdict(list)
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        found[tuple(index[:-1])].append(value)
    return found


def edit_distance(
    hypothesis: tuple[Tensor, Any, Tensor],
    truth: tuple[Tensor, Any, Tensor],
    normalize: bool = True,
) -> Tensor:
    """Levenshtein distances of sparse sequences, over the truth's length if asked.

    Each is (indices, values, dense shape). Over an empty truth it is infinite.
    """
    shape = torch.maximum(hypothesis[2], truth[2])[:-1].tolist()
    left, right = sparse_sequences(*hypothesis[:2]), sparse_sequences(*truth[:2])
    distances = torch.zeros(shape)
    for place in left.keys() | right.keys():
        given, wanted = left.get(place, []), right.get(place, [])
        distance = float(levenshtein(given, wanted))
        if normalize:
            distance = distance / len(wanted) if wanted else torch.inf
        distances[place] = distance
    return distances


def isotonic_regression(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The nearest rows that never rise, and the number of each element's level.

    Neighbours that rise are pooled into their mean until none is left.
    """
    fitted, segments = [], []
    for row in x.tolist():
        levels: list[tuple[float, int]] = []
        for value in row:
            total, count = float(value), 1
            while levels and levels[-1][0] * count < total * levels[-1][1]:
                below, size = levels.pop()
                total, count = total + below, count + size
            levels.append((total, count))
        fitted.append([total / count for total, count in levels for _ in range(count)])
        segments.append([i for i, (_, n) in enumerate(levels) for _ in range(n)])
    made = torch.tensor(fitted, dtype=dtype, device=x.device).reshape(x.shape)
    numbers = torch.tensor(segments, dtype=torch.int32, device=x.device)
    return made, numbers.reshape(x.shape)


def sobol_points(
    dim: int | Tensor,
    count: int | Tensor,
    skip: int | Tensor,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """[count, dim] points of Sobol's sequence after the origin and ``skip`` others."""
    engine = torch.quasirandom.SobolEngine(int(dim))
    engine.fast_forward(int(skip) + 1)
    drawn: Tensor = engine.draw(int(count), dtype=dtype)
    return drawn
