"""Activations at random places, at their corners and at the ends of the line."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bf16, c64, case, f16, f32, f64, ints

raw = tf.raw_ops
INF, NAN = float("inf"), float("nan")
EDGES = np.array(
    [INF, -INF, 0.0, -0.0, 6.0, 1e-30, 1e30, -1e30, 100.0, -100.0]
    + [20.5, -20.5, 0.3, -0.3, 5.9, 6.1],
    "float32",
)
# The kernels of these divide infinity by itself; the gradients of that are noise.
NO_GRADIENT_AT_EDGES = {"Softsign"}
NAMES = ("Elu", "Relu", "Relu6", "Selu", "Sigmoid", "Softsign", "Tanh", "LeakyRelu")


def activation(op: str) -> Any:
    argument = "x" if op in ("Sigmoid", "Tanh") else "features"
    return lambda x: getattr(raw, op)(**{argument: x})


def cases(op: str) -> list[OpCase]:
    operands = [f32(3, 4), f64(3, 4), f16(3, 4), bf16(3, 4), f32(0, 3)]
    edges = op not in NO_GRADIENT_AT_EDGES
    return [
        *(case(op, activation(op), x) for x in operands),
        case(op, activation(op), EDGES, grad=edges, name="edges"),
        case(op, activation(op), np.array([NAN, 1], "float32"), grad=False, name="nan"),
        case(op, activation(op), EDGES.astype("float64"), grad=edges, name="wide"),
    ]


def leaky(alpha: float) -> OpCase:
    return case("LeakyRelu", lambda x: raw.LeakyRelu(features=x, alpha=alpha), EDGES)


def last_axis(op: str) -> list[OpCase]:
    function = lambda x: getattr(raw, op)(logits=x)  # noqa: E731
    masked = np.array([[-INF] * 3, [-INF, 0, 1]], "float32")
    operands = [f32(3, 5), f64(3, 5), f32(2, 3, 5), f16(3, 4), bf16(3, 5), f32(0, 4)]
    return [
        *(case(op, function, x) for x in operands),
        case(op, function, masked, grad=False, name="masked"),
    ]


CASES = [
    *(c for op in (*NAMES, "Softplus") for c in cases(op)),
    leaky(0.0),
    leaky(0.3),
    leaky(1.0),
    *(
        case(op, activation(op), ints(dtype, 3, 5, low=-9, high=9), name=dtype)
        for dtype in ("int8", "int16", "int32", "int64", "uint8")
        for op in ("Relu", "Relu6")
    ),
    case("Sigmoid", activation("Sigmoid"), c64(3, 4)),
    case("Tanh", activation("Tanh"), c64(3, 4)),
    *last_axis("Softmax"),
    *last_axis("LogSoftmax"),
]
