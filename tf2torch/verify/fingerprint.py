"""What is left of a tensor when its layout is forgotten: enough to know it again.

The port computes in NCHW what TensorFlow computes in NHWC, and splits or fuses other
steps, so tensors of the two are matched by value: by sums that no order changes, and
per axis by a sum weighted along it, which tells the order of that axis wherever it
stands. Neither side has to know how the other names anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

# Of the sums that are compared: float32 rounding stays well below, and a change of a
# module (an eps, a scale of 1.0001) well above.
AGREEMENT = 2e-5
SUMS = 4


class Match(Enum):
    """``ORDER``: the same elements with an axis in another order."""

    SAME = "same"
    ORDER = "order"
    NONE = "none"


@dataclass(frozen=True)
class Fingerprint:
    """``sums``: of x, |x|, x², x³ over all elements; ``axes``: (size, weighted sum) of
    each axis with more than one element; ``finite`` counts elements."""

    count: int
    finite: int
    low: float
    high: float
    sums: tuple[float, ...]
    axes: tuple[tuple[int, float], ...]

    @property
    def is_zero(self) -> bool:
        return self.count > 0 and self.low == self.high == 0.0


def fingerprint(array: np.ndarray) -> Fingerprint:
    whole = array.astype(np.float64)
    finite = np.isfinite(whole)
    whole = np.where(finite, whole, 0.0)
    sums = tuple(float(part.sum()) for part in (whole, abs(whole), whole**2, whole**3))
    axes = []
    for axis, size in enumerate(whole.shape):
        if size > 1:
            others = tuple(a for a in range(whole.ndim) if a != axis)
            along = whole.sum(others)
            axes.append((size, float(along @ np.cos(1.7 * np.arange(size) + 0.3))))
    low, high = (float(whole.min()), float(whole.max())) if whole.size else (0.0, 0.0)
    return Fingerprint(
        whole.size, int(finite.sum()), low, high, sums, tuple(sorted(axes))
    )


def compare(
    left: Fingerprint, right: Fingerprint, agreement: float = AGREEMENT
) -> Match:
    """``agreement`` is relative: to the sum of magnitudes, or to the largest value."""
    if (left.count, left.finite) != (right.count, right.finite):
        return Match.NONE
    size = max(abs(left.low), abs(left.high), abs(right.low), abs(right.high))
    if max(abs(left.low - right.low), abs(left.high - right.high)) > agreement * size:
        return Match.NONE
    scales = (left.sums[1], left.sums[1], left.sums[2], left.sums[2] * size)
    for index in range(SUMS):
        bound = agreement * scales[index] + 1e-30
        if abs(left.sums[index] - right.sums[index]) > bound:
            return Match.NONE
    if not same_sizes(left, right):
        return Match.SAME  # merged or split axes: their order cannot be compared
    bound = agreement * left.sums[1] + 1e-30
    pairs = zip(left.axes, right.axes, strict=True)
    ordered = all(abs(a - b) <= bound for (_, a), (_, b) in pairs)
    return Match.SAME if ordered else Match.ORDER


def same_sizes(left: Fingerprint, right: Fingerprint) -> bool:
    return [size for size, _ in left.axes] == [size for size, _ in right.axes]


def to_json(print_: Fingerprint) -> list[object]:
    return [
        print_.count,
        print_.finite,
        print_.low,
        print_.high,
        list(print_.sums),
        [list(axis) for axis in print_.axes],
    ]


def from_json(entry: list[object]) -> Fingerprint:
    count, finite, low, high, sums, axes = entry
    assert isinstance(sums, list) and isinstance(axes, list)
    return Fingerprint(
        int(str(count)),
        int(str(finite)),
        float(str(low)),
        float(str(high)),
        tuple(float(s) for s in sums),
        tuple((int(size), float(value)) for size, value in axes),
    )
