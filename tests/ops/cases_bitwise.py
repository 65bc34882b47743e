"""Bits: and, or, xor, not, shifts, counts."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, i32, ints

raw = tf.raw_ops
DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")


def two(op: str):
    return lambda x, y: getattr(raw, op)(x=x, y=y)


CASES: list[OpCase] = []
for dtype in DTYPES:
    CASES += [
        case(op, two(op), ints(dtype, 3, 4), ints(dtype, 4))
        for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")
    ]
    CASES += [
        case(op, two(op), ints(dtype, 9), ints(dtype, 9, low=0, high=6))
        for op in ("LeftShift", "RightShift")
    ]
    CASES.append(case("Invert", lambda x: raw.Invert(x=x), ints(dtype, 9)))
    CASES.append(
        case("PopulationCount", lambda x: raw.PopulationCount(x=x), ints(dtype, 9))
    )
WIDE = np.array([0, 31, 32, 40, -1], "i")
CASES += [
    case("LeftShift", two("LeftShift"), i32(5), WIDE, name="clamped"),
    case("RightShift", two("RightShift"), i32(5), WIDE, name="clamped"),
    case("LeftShift", lambda x: raw.LeftShift(x=x, y=3), i32(5)),
    case("BitwiseAnd", lambda x: raw.BitwiseAnd(x=x, y=3), i32(5)),
]
