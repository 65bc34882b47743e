"""Neighbours, ordered fits, quasi-random points and glimpses."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, i32

raw = tf.raw_ops


def isotonic(operand: Any, **dtype: Any) -> OpCase:
    return case(
        "IsotonicRegression",
        lambda x: raw.IsotonicRegression(input=x, **dtype),
        operand,
        grad=False,
    )


def sobol(dim: int, count: int, skip: int, dtype: Any) -> OpCase:
    def function(n: Any) -> Any:
        return raw.SobolSample(dim=dim, num_results=n, skip=skip, dtype=dtype)

    return case("SobolSample", function, np.int32(count))


def glimpse(op: str, offsets: Any, noise: str = "zero", **how: Any) -> OpCase:
    def function(x: Any, o: Any) -> Any:
        return getattr(raw, op)(
            input=x, size=[4, 3], offsets=o, noise=noise, uniform_noise=False, **how
        )

    return case(op, function, f32(2, 9, 8, 3), np.float32(offsets), batch=[])


INSIDE = [[0.1, -0.2], [0.0, 0.3]]
ACROSS = [[-0.9, 1.1], [3.0, 0.2]]
PIXELS = [[2.4, 3.7], [7.0, -1.5]]

CASES = [
    isotonic(f32(3, 9)),
    isotonic(np.float32([[3, 2, 1], [1, 1, 1], [1, 2, 2]])),
    isotonic(i32(3, 9), output_dtype=tf.float64),
    isotonic(np.zeros((2, 0), "float32")),
    sobol(3, 16, 0, tf.float32),
    sobol(20, 7, 100, tf.float64),
    sobol(1, 5, 2, tf.float32),
    case(
        "NearestNeighbors",
        lambda p, c: raw.NearestNeighbors(points=p, centers=c, k=3),
        f32(5, 4),
        f32(7, 4),
        batch=[0],
        atol=1e-5,
    ),
    case(
        "NearestNeighbors",
        lambda p, c: raw.NearestNeighbors(points=p, centers=c, k=9),
        f32(5, 4),
        f32(2, 4),
        batch=[0],
        atol=1e-5,
    ),
    *(
        glimpse(op, offsets, centered=centered, normalized=normalized)
        for op in ("ExtractGlimpse", "ExtractGlimpseV2")
        for centered in (True, False)
        for normalized, offsets in (
            (True, INSIDE),
            (True, ACROSS),
            (False, PIXELS),
        )
    ),
    glimpse("ExtractGlimpseV2", INSIDE, "uniform"),
    case(
        "ExtractGlimpse",
        lambda x, o: raw.ExtractGlimpse(
            input=x, size=[4, 3], offsets=o, noise="gaussian", uniform_noise=False
        ),
        f32(2, 9, 8, 3),
        np.float32(INSIDE),
        declines="Gaussian noise",
    ),
]
