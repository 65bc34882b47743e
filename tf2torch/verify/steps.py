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
    """One optimizer with its slots. ``step`` gives the new values."""

    kind: str
    rate: float
    count: int = 0
    first: Arrays = field(default_factory=dict)
    second: Arrays = field(default_factory=dict)

    def step(self, values: Arrays, gradients: Arrays) -> Arrays:
        self.count += 1
        return {name: self._one(name, values[name], g) for name, g in gradients.items()}

    def slots(self) -> Arrays:
        """``slot:variable`` → value, by torch's names of the slots."""
        kept = zip(SLOTS[self.kind], (self.first, self.second), strict=False)
        return {f"{s}:{key}": v for s, held in kept for key, v in held.items()}

    def _one(self, name: str, value: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        zeros = np.zeros_like(gradient)
        if self.kind == "sgd":
            self.first[name] = MOMENTUM * self.first.get(name, zeros) + gradient
            return np.asarray(value - self.rate * self.first[name], value.dtype)
        mean = BETAS[0] * self.first.get(name, zeros) + (1 - BETAS[0]) * gradient
        square = BETAS[1] * self.second.get(name, zeros) + (1 - BETAS[1]) * gradient**2
        self.first[name], self.second[name] = mean, square
        ahead = mean / (1 - BETAS[0] ** self.count)
        root = np.sqrt(square / (1 - BETAS[1] ** self.count)) + ADAM_EPSILON
        return np.asarray(value - self.rate * ahead / root, value.dtype)


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
