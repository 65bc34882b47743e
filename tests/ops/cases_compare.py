"""Comparisons, logic, selection."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bools, c64, case, f32, f64, i32, ints

raw = tf.raw_ops
nan, inf = np.nan, np.inf
CORNERS = np.array([nan, inf, -inf, 0.0, -0.0, 1.0], "f")
PAIRS = np.stack(np.meshgrid(CORNERS, CORNERS)).reshape(2, -1)
COMPARISONS = "Equal NotEqual Greater GreaterEqual Less LessEqual"


def two(op: str):
    return lambda x, y: getattr(raw, op)(x=x, y=y)


CASES: list[OpCase] = []
for op in COMPARISONS.split():
    CASES += [
        case(op, two(op), i32(3, 4, low=-1, high=1), i32(4, low=-1, high=1)),
        case(op, two(op), PAIRS[0], PAIRS[1]),
        case(op, lambda x, op=op: two(op)(x, tf.constant(0.5, tf.float64)), f64(3, 1)),
    ]
    CASES += [
        case(
            op, two(op), ints(dtype, 9, low=-1, high=2), ints(dtype, 9, low=-1, high=2)
        )
        for dtype in ("uint8", "int8", "uint16", "uint32", "int64")
    ]
CASES += [
    case("Equal", two("Equal"), bools(3, 4), bools(4)),
    case("Equal", two("Equal"), c64(3), c64(3)),
    case("Equal", lambda x, y: x == y, f32(3), f32(3)),
    case(
        "Equal",
        lambda x, y: raw.Equal(x=x, y=y, incompatible_shape_error=False),
        f32(2, 3),
        f32(2, 4),
        dynamic=False,
    ),
    case(
        "Greater",
        two("Greater"),
        ints("uint64", 3),
        ints("uint64", 3),
        declines="torch compares no uint64",
    ),
    case(
        "ApproximateEqual",
        lambda x, y: raw.ApproximateEqual(x=x, y=y, tolerance=0.1),
        f32(3, 4, low=0, high=0.3),
        f32(3, 4, low=0, high=0.3),
    ),
    case("LogicalAnd", two("LogicalAnd"), bools(3, 4), bools(4)),
    case("LogicalOr", two("LogicalOr"), bools(3, 4), bools(3, 1)),
    case("LogicalNot", lambda x: raw.LogicalNot(x=x), bools(3, 4)),
    case("SelectV2", lambda c, x, y: tf.where(c, x, y), bools(3, 4), f32(3, 4), f32(4)),
    case("SelectV2", lambda c, x: tf.where(c, x, 0.0), bools(3, 1), f32(3, 4)),
    case("SelectV2", lambda c, x: tf.where(c, -1e9, x), bools(4), f32(3, 4), batch=[1]),
    case("SelectV2", lambda c: tf.where(c, 1.0, 0.0), bools(4)),
    case("SelectV2", lambda c: tf.where(c, 1, 0), bools(4)),
    case("SelectV2", lambda c: tf.where(c, 0.0, 1.0), bools(4)),
    case("SelectV2", lambda c: tf.where(c, 0.5, -1e9), bools(4), source="0.5, -1"),
    case("SelectV2", lambda c: tf.where(c, -0.0, 1.0), bools(4), signed=True),
    case("SelectV2", lambda c: tf.where(c, 3, 7), bools(4)),
    case("SelectV2", lambda c: tf.where(c, tf.constant(3, "int64"), 7), bools(4)),
    case("SelectV2", lambda c: tf.where(c, tf.constant(0.1, "float64"), 7), bools(4)),
    case(
        "SelectV2", lambda x: tf.where(x > 0, tf.math.log(x), 0.0), CORNERS, grad=False
    ),
    case("SelectV2", lambda c, x, y: tf.where(c, x, y), bools(3), c64(3), c64(3)),
    case("SelectV2", lambda c, x, y: tf.where(c, x, y), bools(3), bools(3), bools(3)),
    case(
        "Select",
        lambda c, x, y: raw.Select(condition=c, x=x, y=y),
        bools(3),
        f32(3, 4),
        f32(3, 4),
        batch=[0, 1, 2],
    ),
    case(
        "Select",
        lambda c, x, y: raw.Select(condition=c, x=x, y=y),
        bools(3, 4),
        i32(3, 4),
        i32(3, 4),
    ),
    case(
        "Select",
        lambda c, x, y: raw.Select(condition=c, x=x, y=y),
        np.array(True),
        f32(3, 4),
        f32(3, 4),
        dynamic=False,
    ),
    case("Where", lambda x: tf.where(x), bools(3, 4)),
    case("Where", lambda x: raw.Where(condition=x), i32(9, low=0, high=1)),
    case("ToBool", lambda x: raw.ToBool(input=x), f32()),
    case("ToBool", lambda x: raw.ToBool(input=x), f32(0, 2), dynamic=False),
]
for op in ("IsFinite", "IsInf", "IsNan"):
    CASES.append(case(op, lambda x, op=op: getattr(raw, op)(x=x), CORNERS))
