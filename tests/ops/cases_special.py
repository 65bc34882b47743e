"""Special functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64

raw = tf.raw_ops
inf = np.inf


def one(op: str) -> Callable[[Any], Any]:
    return lambda x: getattr(raw, op)(x=x)


# Op → where it is tried, and its tolerance in float32 and float64. In float64 torch's
# own J, Y and trigamma are right to seven and nine digits only.
RANGES: dict[str, tuple[float, float, float, float]] = {
    "BesselI0": (-8, 8, 1e-5, 1e-11),
    "BesselI0e": (-8, 8, 1e-5, 1e-11),
    "BesselI1": (-8, 8, 1e-5, 1e-11),
    "BesselI1e": (-8, 8, 1e-5, 1e-11),
    "BesselJ0": (-20, 20, 1e-5, 5e-7),
    "BesselJ1": (-20, 20, 1e-5, 5e-7),
    "BesselK0": (0.3, 8, 1e-5, 1e-11),
    "BesselK0e": (0.3, 8, 1e-5, 1e-11),
    "BesselK1": (0.3, 8, 1e-5, 1e-11),
    "BesselK1e": (0.3, 8, 1e-5, 1e-11),
    "BesselY0": (0.3, 20, 1e-5, 5e-7),
    "BesselY1": (0.3, 20, 1e-5, 5e-7),
    "Dawsn": (-9, 9, 1e-5, 1e-11),
    "Digamma": (0.3, 20, 1e-5, 1e-9),
    "Erf": (-3, 3, 1e-5, 1e-11),
    "Erfc": (-3, 3, 1e-5, 1e-11),
    "Erfinv": (-0.95, 0.95, 1e-5, 1e-11),
    "Expint": (0.1, 60, 1e-5, 1e-11),
    "FresnelCos": (-9, 9, 1e-4, 1e-9),
    "FresnelSin": (-9, 9, 1e-4, 1e-9),
    "Lgamma": (0.3, 20, 1e-5, 1e-11),
    "Ndtri": (0.01, 0.99, 1e-5, 1e-9),
    "Spence": (0.01, 20, 1e-5, 1e-11),
}
CASES: list[OpCase] = []
for op, (low, high, single, double) in RANGES.items():
    CASES += [
        case(op, one(op), f32(3, 8, low=low, high=high), atol=single),
        case(op, one(op), f64(3, 40, low=low, high=high), atol=double, static=False),
    ]
EDGES = {
    "BesselJ0": [0.0, -1.0],
    "BesselJ1": [0.0, -1.0],
    "BesselK0": [0.0, -1.0, inf],
    "BesselK1e": [0.0, -1.0, inf],
    "BesselY0": [0.0, -1.0],
    "Dawsn": [0.0, 0.005, -0.01, inf, 1e8],
    "Erf": [0.0, 9.0, -9.0, np.nan],
    "Erfinv": [-1.0, 0.0, 1.0, 2.0],
    "Expint": [0.0, -1.0, 40.0, inf],
    "FresnelSin": [0.0, inf, -inf, 50.0, -7.0],
    "FresnelCos": [0.0, inf, -inf, 50.0, -7.0],
    "Lgamma": [0.0, -1.0, -0.5, inf],
    "Ndtri": [0.0, 1.0, 2.0],
    "Spence": [0.0, 0.5, 1.0, 1.5, 2.0, -1.0, 1e3],
}
CASES += [
    case(op, one(op), np.array(values), grad=False, atol=1e-9, name="edges")
    for op, values in EDGES.items()
]


def gammas(op: str) -> Callable[..., Any]:
    return lambda a, x: getattr(raw, op)(a=a, x=x)


for op in ("Igamma", "Igammac"):
    CASES += [
        case(
            op,
            gammas(op),
            f64(4, 9, low=0.1, high=9),
            f64(4, 9, low=0.05, high=20),
            atol=1e-9,
        ),
        case(
            op,
            gammas(op),
            f32(4, 9, low=0.1, high=9),
            f32(9, low=0.05, high=20),
            atol=2e-5,
        ),
        case(
            op,
            gammas(op),
            np.array([1.0, -1.0, 1.0, 2.0]),
            np.array([0.0, 1.0, inf, -1.0]),
            grad=False,
        ),
    ]
CASES += [
    case(
        "IgammaGradA",
        gammas("IgammaGradA"),
        f64(4, 9, low=0.1, high=9),
        f64(4, 9, low=0.05, high=20),
        atol=1e-9,
        grad=False,
    ),
    case(
        "RandomGammaGrad",
        lambda a, x: raw.RandomGammaGrad(alpha=a, sample=x),
        f64(4, 9, low=0.1, high=9),
        f64(4, 9, low=0.05, high=20),
        atol=1e-6,
        grad=False,
    ),
    case(
        "Betainc",
        lambda a, b, x: raw.Betainc(a=a, b=b, x=x),
        f64(4, 9, low=0.1, high=9),
        f64(4, 9, low=0.1, high=9),
        f64(4, 9, low=0.01, high=0.99),
        atol=1e-9,
    ),
    case(
        "Betainc",
        lambda a, b, x: raw.Betainc(a=a, b=b, x=x),
        f32(4, 9, low=0.1, high=60),
        f32(4, 9, low=0.1, high=60),
        f32(4, 9, low=0.01, high=0.99),
        atol=1e-4,
    ),
    case("Betainc", lambda x: tf.math.betainc(2.0, 3.0, x), np.array([0, 0.5, 1], "f")),
    case(
        "Betainc",
        lambda a, b, x: raw.Betainc(a=a, b=b, x=x),
        np.array([0, -1.0, 2]),
        np.array([1, 1.0, 2]),
        np.array([0.5, 0.5, 2.0]),
        grad=False,
    ),
    case(
        "Polygamma",
        lambda x: tf.math.polygamma(2.0, x),
        f32(3, 4, low=0.3, high=5),
        atol=1e-5,
    ),
    case(
        "Polygamma",
        lambda x: tf.math.polygamma(tf.constant(0.0, "float64"), x),
        f64(3, 4, low=0.3, high=5),
        atol=1e-9,
    ),
    case(
        "Polygamma",
        lambda a, x: tf.math.polygamma(a, x),
        np.array([0.0, 1, 2, 3]),
        f64(4, low=0.3, high=5),
        atol=1e-9,
    ),
    case(
        "Polygamma",
        lambda a, x: tf.math.polygamma(a, x),
        np.array([2.5, -1, 1, 0]),
        f64(4, low=0.3, high=5),
        atol=1e-9,
        grad=False,
    ),
    case(
        "Zeta",
        lambda x, q: tf.math.zeta(x, q),
        f64(3, 4, low=1.1, high=5),
        f64(3, 4, low=0.3, high=5),
        atol=1e-10,
    ),
]

LIMITS = np.array([0.0, 1, -1, np.nan, 2.5])
A, X = (grid.ravel() for grid in np.meshgrid(LIMITS, [*LIMITS, inf, 1e30]))
CASES += [
    case(op, gammas(op), A, X, dynamic=False, name="limits")
    for op in ("Igamma", "Igammac")
]
