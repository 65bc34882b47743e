"""Feature crosses: every combination of one feature per column, row by row."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.string_hashing import farmhash64, siphash24

Rows = list[list[Any]]
_CROSS_MASK = 0xFFFFFFFFFFFFFFFF
_LARGEST = 0x7FFFFFFFFFFFFFFF


def sparse_features(
    indices: Tensor, values: Tensor | np.ndarray, rows: int | Tensor
) -> Rows:
    """The features of each row of a sparse matrix."""
    made: Rows = [[] for _ in range(int(rows))]
    for row, value in zip(indices[:, 0].tolist(), values.tolist(), strict=True):
        made[row].append(value)
    return made


def ragged_features(values: Tensor | np.ndarray, splits: Tensor) -> Rows:
    """The features of each row of a ragged matrix."""
    flat, edges = values.tolist(), splits.tolist()
    return [flat[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def cross(
    columns: Sequence[Rows], combine: Callable[[tuple[Any, ...]], object]
) -> Rows:
    """Per row ``combine`` of every combination, the last column varying fastest."""
    rows = zip(*columns, strict=True)
    return [[combine(features) for features in product(*row)] for row in rows]


def join_features(separator: bytes) -> Callable[[tuple[Any, ...]], bytes]:
    """Features as one string; numbers in decimal."""

    def combine(features: tuple[Any, ...]) -> bytes:
        texts = (f if isinstance(f, bytes) else b"%d" % f for f in features)
        return separator.join(texts)

    return combine


def hash_features(
    buckets: int, key: int | None = None, salt: tuple[int, int] | None = None
) -> Callable[[tuple[Any, ...]], int]:
    """Features as one number below ``buckets`` (below 2**63 - 1 when that is 0).

    Strings are hashed, by SipHash where a ``salt`` is given; numbers stay what they
    are. The chain of fingerprints starts from ``key``, or from the first feature.
    """

    def hashed(feature: bytes | int) -> int:
        if isinstance(feature, int):
            return feature & _CROSS_MASK
        return farmhash64(feature) if salt is None else siphash24(feature, salt)

    def combine(features: tuple[Any, ...]) -> int:
        first, *rest = map(hashed, features)
        if key is not None:
            first, rest = key, [first, *rest]
        for value in rest:
            first = chain_fingerprints(first, value)
        return first % (buckets or _LARGEST)

    return combine


def chain_fingerprints(first: int, second: int) -> int:
    """TensorFlow's fingerprint of two fingerprints."""
    mul = 0xC6A4A7935BD1E995
    scaled = second * mul & _CROSS_MASK
    mixed = first ^ mul ^ (scaled ^ scaled >> 47) * mul & _CROSS_MASK
    mixed = mixed * mul & _CROSS_MASK
    mixed = (mixed ^ mixed >> 47) * mul & _CROSS_MASK
    return mixed ^ mixed >> 47


def rows_to_sparse(rows: Rows, strings: bool) -> tuple[Tensor, object, Tensor]:
    """Indices, values and shape of a sparse matrix of ``rows``."""
    places = [(r, c) for r, row in enumerate(rows) for c in range(len(row))]
    indices = torch.tensor(places, dtype=torch.int64).reshape(-1, 2)
    widest = max(map(len, rows), default=0)
    return indices, flat_rows(rows, strings), torch.tensor([len(rows), widest])


def rows_to_ragged(rows: Rows, strings: bool) -> tuple[object, Tensor]:
    """Values and row splits of ``rows``."""
    ends = np.cumsum([0, *map(len, rows)])
    return flat_rows(rows, strings), torch.from_numpy(ends)


def flat_rows(rows: Iterable[list[Any]], strings: bool) -> Tensor | np.ndarray:
    """All elements, as strings or as int64."""
    flat = [value for row in rows for value in row]
    if strings:
        return np.fromiter(flat, object, len(flat))
    return torch.tensor(flat, dtype=torch.int64)
