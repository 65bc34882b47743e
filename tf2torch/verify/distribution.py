"""Random models: what can be compared is the distribution, over many draws.

Stateful random ops draw from generators that TensorFlow and torch do not share, so no
single number of a stochastic output means anything. Means and spreads do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A model of few weights is drawn more often: it costs little, and tells smaller
# differences apart (of a spread: a quarter rather than two thirds).
FEW_WEIGHTS = 1_000_000
DRAWS_OF_SMALL, DRAWS_OF_LARGE = 400, 64
# Of the largest of a million standard normal deviations, 6 is passed once in 500 tries.
DEVIATIONS = 6.0


def draws_for(weights: int) -> int:
    return DRAWS_OF_SMALL if weights < FEW_WEIGHTS else DRAWS_OF_LARGE


@dataclass
class Moments:
    """Mean and variance of arrays of one shape, added one by one (Welford)."""

    count: int = 0
    mean: np.ndarray | None = None
    squares: np.ndarray | None = None

    def add(self, array: np.ndarray) -> None:
        value = array.astype(np.float64)
        if self.mean is None or self.squares is None:
            self.mean, self.squares = np.zeros_like(value), np.zeros_like(value)
        self.count += 1
        step = value - self.mean
        self.mean = self.mean + step / self.count
        self.squares = self.squares + step * (value - self.mean)

    @property
    def variance(self) -> np.ndarray:
        assert self.squares is not None
        return self.squares / max(self.count - 1, 1)

    @property
    def center(self) -> np.ndarray:
        assert self.mean is not None
        return self.mean


def mean_deviation(port: Moments, truth: Moments) -> float:
    """The largest difference of means, in its own standard deviations."""
    error = np.sqrt(port.variance / port.count + truth.variance / truth.count)
    difference = np.abs(port.center - truth.center)
    rounding = 1e-5 * np.abs(truth.center) + 1e-7  # of elements that do not vary
    return float((difference / (error + rounding)).max(initial=0.0))


def spread_deviation(port: Moments, truth: Moments) -> float:
    """The largest difference of log standard deviations, in its own deviation (that
    of a normal variable: a heavier tail has more)."""
    varies = (truth.variance > 0) | (port.variance > 0)
    if not varies.any():
        return 0.0
    tiny = 1e-12 * float(truth.variance.max(initial=0.0)) + 1e-30
    ratio = np.log((port.variance[varies] + tiny) / (truth.variance[varies] + tiny)) / 2
    return float(np.abs(ratio).max() * np.sqrt(truth.count - 1))


def vector_deviation(port: Moments, truth: Moments) -> float:
    """The norm of the difference of mean vectors over its expected norm."""
    expected = port.variance.sum() / port.count + truth.variance.sum() / truth.count
    rounding = (1e-4 * float(np.linalg.norm(truth.center))) ** 2 + 1e-30
    difference = float(np.linalg.norm(port.center - truth.center))
    return difference / float(np.sqrt(expected + rounding))
