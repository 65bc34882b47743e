"""Norms of large arrays, whose axes may lie in any order."""

from __future__ import annotations

import math

import numpy as np

CACHED = 1 << 15  # elements at a time


def norm(value: np.ndarray) -> float:
    """The root of the sum of squares, in float64. Elements are read as they lie, for a
    copy in another order costs more than the sum; and not by BLAS, whose threads wait
    for each other on a busy machine."""
    flat, total = value.ravel(order="K"), 0.0
    for start in range(0, flat.size, CACHED):
        part = flat[start : start + CACHED].astype(np.float64, copy=False)
        total += float(np.square(part).sum())
    return math.sqrt(total)


def finite_norm(value: np.ndarray) -> float:
    """The same over the finite elements."""
    whole = norm(value)
    return whole if math.isfinite(whole) else norm(value[np.isfinite(value)])
