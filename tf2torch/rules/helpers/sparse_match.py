"""Rows of indices found in one another, and distances between sparse sequences."""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor


def row_places(rows: Tensor, table: Tensor) -> Tensor:
    """Where each of ``rows`` stands among the rows of ``table``; -1 if nowhere."""
    both = torch.cat((rows, table)).long()
    if not len(both):
        return both.new_empty(0)
    _, ids = both.unique(dim=0, return_inverse=True)
    places = ids.new_full((len(both),), -1)
    places[ids[len(rows) :]] = torch.arange(len(table), device=ids.device)
    return places[ids[: len(rows)]]


def at_rows(values: Tensor, rows: Tensor, table: Tensor) -> Tensor:
    """The value beside the row of ``table`` that equals each of ``rows``, else 0."""
    places = row_places(rows, table)
    padded = torch.cat((values, values.new_zeros(1)))
    return padded[torch.where(places < 0, len(values), places)]


def edit_distance(
    hypothesis: tuple[Tensor, Tensor | np.ndarray, Tensor],
    truth: tuple[Tensor, Tensor | np.ndarray, Tensor],
    normalize: bool,
) -> Tensor:
    """Levenshtein distance of the sequences along the last axis of two sparse tensors.

    ``normalize``: divided by the length of the truth; without a truth it is infinite.
    """
    ours, theirs = _sequences(*hypothesis), _sequences(*truth)
    size = torch.maximum(hypothesis[2], truth[2])[:-1].tolist()
    made = torch.zeros(size, dtype=torch.float32)
    for place in ours.keys() | theirs.keys():
        a, b = ours.get(place, []), theirs.get(place, [])
        distance = float(levenshtein(a, b))
        if normalize:
            distance = distance / len(b) if b else float("inf")
        made[place] = distance
    return made


def _sequences(
    indices: Tensor, values: Tensor | np.ndarray, shape: Tensor
) -> dict[tuple[int, ...], list[Hashable]]:
    found: dict[tuple[int, ...], list[Hashable]] = {}
    for row, value in zip(indices.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(row[:-1]), []).append(value)
    return found


def levenshtein(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """The fewest insertions, deletions and substitutions that turn ``a`` into ``b``."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            best = min(before + (x != y), row[j] + 1, row[j - 1] + 1)
            before, row[j] = row[j], best
    return row[-1]
