"""Colour spaces, at greys and ties too, and adjustments."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64

raw = tf.raw_ops
CORNERS = np.array(
    [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]]
    + [[1, 0, 1], [0.5, 0.5, 0.2], [0.2, 0.5, 0.5], [0.5, 0.2, 0.5]],
    "float32",
)


def colors(op: str) -> list[OpCase]:
    function = lambda x: getattr(raw, op)(images=x)  # noqa: E731
    return [
        case(op, function, f32(3, 4, 3, low=0.0)),
        case(op, function, f64(3, 4, 3, low=0.0)),
        case(op, function, CORNERS, grad=False, name="corners"),
    ]


def adjust(op: str, argument: str, amount: float) -> list[OpCase]:
    """TensorFlow registers no gradient for these."""

    def function(x: Any) -> Any:
        return getattr(raw, op)(images=x, **{argument: tf.constant(amount)})

    return [
        case(op, function, f32(2, 4, 5, 3, low=0.0), atol=1e-5, grad=False),
        case(op, function, np.resize(CORNERS, (2, 11, 1, 3)), atol=1e-5, grad=False),
    ]


CASES = [
    *colors("RGBToHSV"),
    *colors("HSVToRGB"),
    *adjust("AdjustHue", "delta", 0.3),
    *adjust("AdjustHue", "delta", -0.7),
    *adjust("AdjustSaturation", "scale", 0.4),
    *adjust("AdjustSaturation", "scale", 2.5),
    *adjust("AdjustContrastv2", "contrast_factor", 1.7),
]
