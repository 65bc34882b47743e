"""Unsigned integers where torch has no kernels, and elementwise ops of other kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import c64, case

raw = tf.raw_ops
UNSIGNED = ("uint16", "uint32", "uint64")


def ends(dtype: str) -> np.ndarray:
    """Small numbers and the largest ones."""
    last = np.iinfo(dtype).max
    return np.array([0, 1, 5, 6, 7, last // 2 + 1, last], dtype)


def relu_grad(op: str) -> Callable[[Any, Any], Any]:
    return lambda g, x: getattr(raw, op)(gradients=g, features=x)


CASES = [
    *(case("Relu", lambda x: raw.Relu(features=x), ends(d)) for d in UNSIGNED),
    *(case("Relu6", lambda x: raw.Relu6(features=x), ends(d)) for d in UNSIGNED[:2]),
    case(
        "Relu6",
        lambda x: raw.Relu6(features=x),
        ends("uint64"),
        declines="compares no uint64",
    ),
    *(
        case("ReluGrad", relu_grad("ReluGrad"), ends(d)[::-1].copy(), ends(d))
        for d in UNSIGNED
    ),
    case(
        "Relu6Grad",
        relu_grad("Relu6Grad"),
        ends("uint32"),
        ends("uint32"),
        declines="compares no uint32",
    ),
    case(
        "LeftShift",
        lambda x, y: raw.LeftShift(x=x, y=y),
        ends("uint64"),
        ends("uint64"),
        declines="compares no uint64",
    ),
    case(
        "Xlogy",
        lambda x, y: raw.Xlogy(x=x, y=y),
        c64(3),
        c64(3),
        declines="of complex numbers",
    ),
]
