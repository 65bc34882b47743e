"""Reductions, positions of extremes, cumulative sums and products."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bools, c64, case, f16, f32, f64, i32, ints

raw = tf.raw_ops
nan, inf = np.nan, np.inf


def reduce(op: str, axis, keep: bool = False):
    return lambda x: getattr(raw, op)(input=x, axis=axis, keep_dims=keep)


CASES: list[OpCase] = []
NUMERIC = "Sum Mean Max Min Prod EuclideanNorm"
AXES = ([1], [0], [-1], [0, 1], [1, 2], [0, 1, 2], 1, [])
for op in NUMERIC.split():
    for axis in AXES:
        for keep in (False, True):
            CASES.append(case(op, reduce(op, axis, keep), f32(2, 3, 4)))
    CASES += [
        case(op, reduce(op, [1]), f64(2, 3), static=False),
        case(op, reduce(op, [1]), f16(2, 3), static=False, atol=1e-2),
        case(op, reduce(op, [0]), f32())
        if op == "?"
        else case(op, reduce(op, []), f32()),
        case(
            op,
            reduce(op, [1]),
            np.array([[nan, 1, 2], [inf, -inf, 0], [0, 1, inf]], "f"),
            grad=False,
        ),
    ]
    if op != "EuclideanNorm":
        CASES += [
            case(op, reduce(op, [1]), ints(dtype, 4, 3), static=False)
            for dtype in ("int8", "int32", "int64", "uint8")
        ]
        CASES.append(case(op, reduce(op, [0, 1]), i32(4, 3), static=False))
for op in ("Sum", "Max", "Min"):
    CASES.append(case(op, reduce(op, [1]), ints("uint16", 4, 3), static=False))
for op in ("Sum", "Mean", "Prod"):
    CASES.append(case(op, reduce(op, [1]), c64(4, 3), static=False))
for op in ("Sum", "Prod", "Max", "Min", "Mean"):
    CASES.append(case(op, reduce(op, [1]), f32(2, 0), grad=False))
TIES = np.array([[1.0, 2, 2], [3, 3, 3]], "f")
CASES += [case(op, reduce(op, [1]), TIES, name="ties") for op in ("Max", "Min")]
CASES += [
    case(
        "Prod", reduce("Prod", [1]), np.array([[0.0, 2, 3], [0, 0, 1], [1, 2, 3]], "f")
    ),
    case("Max", lambda x: tf.reduce_max(x), f32(2, 3)),
    case("Mean", lambda x: tf.reduce_mean(x), i32(2, 3)),
    case("Sum", lambda x: tf.reduce_logsumexp(x, -1), f32(2, 3)),
    case("Sum", lambda x: tf.math.reduce_variance(x, [1], keepdims=True), f32(2, 3)),
]
for op in ("All", "Any"):
    CASES += [
        case(op, reduce(op, axis, keep), bools(2, 3, 4))
        for axis in ([1], [0, 2], [0, 1, 2], [])
        for keep in (False, True)
    ]
    CASES.append(case(op, reduce(op, [1]), bools(2, 0)))

POSITIONS = np.array([[1.0, 3, 3], [2, 2, 1], [-inf, -inf, -inf]], "f")
for op in ("ArgMax", "ArgMin"):

    def position(axis, out="int64", op=op):
        return lambda x: getattr(raw, op)(input=x, dimension=axis, output_type=out)

    CASES += [
        case(op, position(1), f32(2, 3, 4)),
        case(op, position(-1, "int32"), f32(2, 3, 4)),
        case(op, position(0), i32(9, 3, low=0, high=3)),
        case(op, position(1), POSITIONS, name="ties"),
        case(op, position(1), bools(5, 4)),
    ]

for op in ("Cumsum", "Cumprod", "CumulativeLogsumexp"):
    for exclusive in (False, True):
        for reverse in (False, True):

            def scan(x, op=op, e=exclusive, r=reverse, axis=1):
                return getattr(raw, op)(x=x, axis=axis, exclusive=e, reverse=r)

            CASES.append(case(op, scan, f32(2, 4)))
            CASES.append(case(op, scan, f64(2, 4, 3), static=False))
            if op != "CumulativeLogsumexp":
                CASES.append(case(op, scan, i32(2, 4), static=False))
    CASES.append(
        case(op, lambda x, op=op: getattr(raw, op)(x=x, axis=-2), f32(2, 3, 4))
    )
    CASES.append(case(op, lambda x, op=op: getattr(raw, op)(x=x, axis=0), f32(0, 3)))

# --- NaN is passed over; a softmax is NaN as a whole ----------------------------------

MISSING = np.array(
    [[nan, 1, 3, nan, 3], [3, nan, 1, 1, nan], [nan] * 5, [-inf, nan, -inf, nan, -inf]]
)
for dtype in ("float32", "float64", "float16"):
    for op in ("ArgMax", "ArgMin"):
        for axis in (0, 1):
            CASES.append(case(op, position(axis, op=op), MISSING.astype(dtype)))
CASES += [
    case(
        "ArgMax",
        lambda x: tf.argmax(tf.nn.softmax(x), -1),
        f32(2, 3, 4),
        source="softmax(-1).argmax(-1)",
    ),
    case(
        "ArgMax",
        lambda x: tf.argmax(tf.nn.softmax(x), 1),
        f32(2, 3, 4),
        source="argmax(x0.softmax(-1), 1)",
    ),
]
