"""How far a port may be from TensorFlow: derived from TensorFlow's own rounding.

The yardstick is the float64 run of the original. TensorFlow's float32 run has some
error against it; an honest port has an error of the same kind, from the same sums in
another order. It may be ``K`` times as large, and never more than a fixed ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.verify.norms import finite_norm

# The largest of n rounding errors varies between two summation orders. Over honest
# ports the ratio of the port's largest error to TensorFlow's stays below 4; twice that.
K = 8.0

# Where TensorFlow happens to be exact, a port that rounds once per operation is still
# right: 32 roundings of the output's scale in sequence.
FLOOR_ULPS = 32.0
EPS = float(np.finfo(np.float32).eps)

# A bias gradient sums over all positions and mostly cancels: what is left carries the
# roundings of what went, and the order of summation decides which of them survive.
GRADIENT_FLOOR_ULPS = 128.0

# What the project promises whatever TensorFlow's own error is (issue 2).
OUTPUT_CEILING = 1e-4
GRADIENT_CEILING = 1e-3

# Of a gradient that is proven in float64, float32 only has to make sense.
PROVEN_CEILING = 0.05

# A gradient that float32 cannot tell from zero in TensorFlow itself: its own error is
# this part of it. Such a gradient is only held against the size of that noise.
NOISE = 0.05


@dataclass(frozen=True)
class Judgement:
    """``error`` and ``tolerance`` are relative to ``scale``; ``own`` is TensorFlow's
    own float32 error, None without a float64 run; ``value`` is the port's own scale or
    norm."""

    error: float
    tolerance: float
    scale: float
    own: float | None = None
    problem: str = ""
    value: float | None = None

    @property
    def passed(self) -> bool:
        return not self.problem and self.error <= self.tolerance


def judge_output(
    port: np.ndarray,
    single: np.ndarray,
    double: np.ndarray | None,
    eps: float = EPS,
    proven: bool = False,
) -> Judgement:
    """Largest absolute error over the largest absolute value.

    ``proven``: in float64 the port computes the same; then the ceiling, which is for
    ports of which only float32 is known, gives way to TensorFlow's own error.
    """
    if port.size == 0:
        return Judgement(0.0, OUTPUT_CEILING, 0.0)
    if port.dtype.kind not in "fc":
        return _judge_exact(port, single, double)
    truth = single if double is None else double
    differing = _non_finite_differs(port, single)
    if differing:
        return Judgement(float("inf"), 0.0, 0.0, None, differing)
    finite = np.isfinite(single) & np.isfinite(truth)
    if not finite.any():
        return Judgement(0.0, OUTPUT_CEILING, 0.0)
    yardstick = truth[finite]
    scale = float(np.abs(yardstick).max()) or 1.0
    error = float(np.abs(port[finite] - yardstick).max()) / scale
    value = float(np.abs(port[finite]).max())
    if double is None:
        return Judgement(error, OUTPUT_CEILING, scale, value=value)
    own = float(np.abs(single[finite] - yardstick).max()) / scale
    allowed = max(K * own, FLOOR_ULPS * eps)
    if not proven:
        allowed = min(allowed, max(OUTPUT_CEILING, eps))
    return Judgement(error, allowed, scale, own, value=value)


def ill_conditioned(single: np.ndarray, double: np.ndarray | None) -> bool:
    """TensorFlow itself is further from the float64 run than the ceiling allows."""
    if double is None or single.dtype.kind not in "fc" or not single.size:
        return False
    finite = np.isfinite(single) & np.isfinite(double)
    if not finite.any():
        return bool(np.isfinite(double).any())
    scale = float(np.abs(double[finite]).max()) or 1.0
    own = float(np.abs(single[finite] - double[finite]).max()) / scale
    return own > OUTPUT_CEILING


def gradient_ill_conditioned(
    single: np.ndarray, double: np.ndarray | None, largest: float
) -> bool:
    """TensorFlow's own gradient is further from the float64 run than the ceiling
    allows: a rounding has moved a value across a corner, or a step."""
    if double is None:
        return False
    own, norm = finite_norm(single.astype(np.float64) - double), finite_norm(double)
    return own > max(GRADIENT_CEILING * norm, GRADIENT_FLOOR_ULPS * EPS * largest)


def judge_gradient(
    port: np.ndarray,
    single: np.ndarray,
    double: np.ndarray | None,
    largest: float,
    proven_own: float | None = None,
) -> Judgement:
    """The norm of the difference over the gradient's norm.

    ``largest`` is the norm of the largest gradient of the model: a gradient that is
    zero but for rounding (a bias before a softmax, say) is held against that.
    ``proven_own``: in float64 the port's gradient is the same, and this is the largest
    of TensorFlow's own float32 errors in the model. Which values cross a corner is
    chance, so that one then stands for all.
    """
    truth = single if double is None else double
    differing = _non_finite_differs(port, single)
    if differing:
        return Judgement(float("inf"), 0.0, 0.0, None, differing)
    norm, value = finite_norm(truth), finite_norm(port)
    error = finite_norm(port.astype(np.float64) - truth)
    own = finite_norm(single.astype(np.float64) - truth)
    floor = GRADIENT_FLOOR_ULPS * EPS
    scale, allowed = norm, min(max(K * own / (norm or 1.0), floor), GRADIENT_CEILING)
    if own >= NOISE * norm and own <= floor * largest:
        scale, allowed = largest or 1.0, floor
    elif double is None:
        allowed = GRADIENT_CEILING
    elif proven_own is not None:
        allowed = max(
            K * own / (norm or 1.0), min(K * proven_own, PROVEN_CEILING), floor
        )
    return Judgement(error / scale, allowed, scale, own / scale, value=value)


def _judge_exact(
    port: np.ndarray, single: np.ndarray, double: np.ndarray | None
) -> Judgement:
    """Integers, booleans and strings are equal, save where float64 and float32 already
    disagree within TensorFlow (a tie, or a rounding at an edge)."""
    settled = np.ones(single.shape, bool)
    if double is not None and double.shape == single.shape:
        settled = np.asarray(single == double)
    wrong = np.asarray(port != single) & settled
    return Judgement(float(wrong.mean()), 0.0, 1.0, float(1.0 - settled.mean()))


def _non_finite_differs(port: np.ndarray, single: np.ndarray) -> str:
    if port.dtype.kind == "c":
        parts = ((port.real, single.real), (port.imag, single.imag))
        return " ".join(filter(None, (_non_finite_differs(p, s) for p, s in parts)))
    for name, left, right in (
        ("NaN", np.isnan(port), np.isnan(single)),
        ("Inf", np.isposinf(port), np.isposinf(single)),
        ("-Inf", np.isneginf(port), np.isneginf(single)),
    ):
        if (left != right).any():
            return (
                f"{int(left.sum())} elements are {name} where TensorFlow has "
                f"{int(right.sum())}"
            )
    return ""
