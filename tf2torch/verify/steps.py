"""Two optimizers, written down once: torch runs its own, TensorFlow's side runs these.

TensorFlow's optimizers place Adam's epsilon elsewhere, and a port is not to blame for
that; so the original is stepped with torch's formulas, in numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tf2torch.verify.wire import Arrays

STEPS = {"sgd": 3, "adam": 2}
MOMENTUM = 0.9
SLOTS = {"sgd": ("momentum_buffer",), "adam": ("exp_avg", "exp_avg_sq")}  # torch's
BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8
ADAM_RATE = 1e-3
SMALL, LARGE = 1e-30, 1e30  # of float32, with room for elements below the largest
CACHED = 1 << 15  # elements at a time: what is written is read again from the cache
SGD_CHANGE = 1e-2  # SGD's first step is this part of the weights' norm


@dataclass(frozen=True)
class Plan:
    """``double``: in float64."""

    kind: str
    rate: float
    steps: int
    double: bool


@dataclass(frozen=True)
class Course:
    """A training run: the loss before each step, how far each variable (or entry of a
    port) has moved, and ``slot:name`` → the optimizer's slots in the end."""

    losses: list[float]
    moved: Arrays
    slots: Arrays


@dataclass
class Stepper:
    """One optimizer with its slots."""

    kind: str
    rate: float
    count: int = 0
    first: Arrays = field(default_factory=dict)
    second: Arrays = field(default_factory=dict)

    def step(self, values: Arrays, gradients: Arrays) -> None:
        """Change ``values``, which must be contiguous, in place."""
        self.count += 1
        for name, gradient in gradients.items():
            for kept in (self.first, self.second):
                kept.setdefault(name, np.zeros(gradient.shape, gradient.dtype))
            arrays = (values[name], gradient, self.first[name], self.second[name])
            parts = [array.reshape(-1) for array in arrays]
            for start in range(0, gradient.size, CACHED):
                self._one(*(part[start : start + CACHED] for part in parts))

    def slots(self) -> Arrays:
        """``slot:variable`` → value, by torch's names of the slots."""
        kept = zip(SLOTS[self.kind], (self.first, self.second), strict=False)
        return {f"{s}:{key}": v for s, held in kept for key, v in held.items()}

    def _one(
        self,
        value: np.ndarray,
        gradient: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
    ) -> None:
        if self.kind == "sgd":
            first *= MOMENTUM
            first += gradient
            value -= self.rate * first
            return
        first *= BETAS[0]
        first += (1 - BETAS[0]) * gradient
        second *= BETAS[1]
        second += (1 - BETAS[1]) * gradient**2
        root = np.sqrt(second / (1 - BETAS[1] ** self.count)) + ADAM_EPSILON
        value -= self.rate * (first / (1 - BETAS[0] ** self.count)) / root


def compact(value: np.ndarray) -> np.ndarray:
    """In float32, where its range holds the value: what is compared over a whole array
    needs no more digits, and weights are many."""
    largest = float(np.abs(value).max(initial=0.0))
    return value.astype(np.float32) if SMALL < largest < LARGE else value


def sgd_rate(values: Arrays, gradients: Arrays) -> float:
    """So that one step moves all weights together by SGD_CHANGE of their norm."""
    size = _norm([values[name] for name in gradients])
    slope = _norm(list(gradients.values()))
    return SGD_CHANGE * (size or 1.0) / slope if slope else 0.0


def _norm(arrays: list[np.ndarray]) -> float:
    return float(np.sqrt(sum(np.square(a, dtype=np.float64).sum() for a in arrays)))
