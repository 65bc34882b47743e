"""Pools: SAME in every parity, ties, dtypes, windows over channels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bf16, case, f16, f32, f64, ints

raw = tf.raw_ops


def pool(op: str, kernel: Any, stride: Any, padding: str) -> Callable[[Any], Any]:
    window, step = (
        [1, *((value, value) if isinstance(value, int) else value), 1]
        for value in (kernel, stride)
    )
    argument = "value" if op == "AvgPool" else "input"

    def function(x: Any) -> Any:
        return getattr(raw, op)(
            **{argument: x}, ksize=window, strides=step, padding=padding
        )

    return function


def pool3d(op: str, kernel: int, stride: int, padding: str) -> Callable[[Any], Any]:
    return lambda x: getattr(raw, op)(
        input=x,
        ksize=[1, kernel, kernel, kernel, 1],
        strides=[1, stride, stride, stride, 1],
        padding=padding,
    )


def windows(op: str) -> list[OpCase]:
    sizes = product((1, 2, 3), (1, 2, 3), ("SAME", "VALID"))
    return [
        case(
            op,
            pool(op, kernel, stride, padding),
            f32(2, 9, 8, 3),
            all=True,
            name=f"{kernel}-{stride}-{padding}",
        )
        for kernel, stride, padding in sizes
    ]


def both(op: str) -> list[OpCase]:
    image = (2, 9, 8, 3)
    return [
        *windows(op),
        case(op, pool(op, 4, 1, "SAME"), f32(*image), all=True),
        case(op, pool(op, (2, 3), (2, 1), "SAME"), f32(*image)),
        case(op, pool(op, (2, 3), (1, 2), "SAME"), f32(*image)),
        case(op, pool(op, 3, 2, "SAME"), f64(*image)),
        case(op, pool(op, 3, 2, "SAME"), f16(*image)),
        case(op, pool(op, 3, 2, "SAME"), bf16(*image)),
        *(
            case(
                f"{op}3D",
                pool3d(f"{op}3D", kernel, stride, padding),
                f32(2, 5, 6, 7, 2),
            )
            for kernel, stride, padding in product((2, 3), (1, 2), ("SAME", "VALID"))
        ),
    ]


MAX = pool("MaxPool", 3, 2, "SAME")
CASES = [
    *both("MaxPool"),
    *both("AvgPool"),
    case("MaxPool", MAX, np.ones((2, 6, 6, 2), "float32"), name="ties"),
    *(
        case("MaxPool", MAX, ints(dtype, 2, 6, 7, 2, high=100), name=dtype)
        for dtype in ("int8", "int16", "int32", "int64", "uint8")
    ),
    case("MaxPool", MAX, ints("uint16", 2, 6, 7, 2), declines="no pools of uint16"),
    case(
        "MaxPool",
        lambda x: raw.MaxPool(
            input=x,
            ksize=[1, 3, 3, 1],
            strides=[1, 2, 2, 1],
            padding="EXPLICIT",
            explicit_paddings=[0, 0, 1, 0, 1, 1, 0, 0],
        ),
        f32(2, 6, 6, 2),
    ),
    case(
        "MaxPool",
        lambda x: raw.MaxPool(
            input=x, ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding="SAME"
        ),
        f32(2, 6, 6, 4),
        grad=False,
        name="channels",
    ),
    case(
        "MaxPoolV2",
        lambda x: raw.MaxPoolV2(
            input=x,
            ksize=tf.constant([1, 2, 2, 1]),
            strides=tf.constant([1, 2, 2, 1]),
            padding="SAME",
        ),
        f32(2, 5, 6, 4),
    ),
]
