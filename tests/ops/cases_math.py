"""Elementwise arithmetic: every operator, its dtypes, and values at the corners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, c64, case, f16, f32, f64, floats, i32, ints

raw = tf.raw_ops
nan, inf = np.nan, np.inf
CORNERS = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e30], "f")
PAIRS = np.stack(np.meshgrid(CORNERS, CORNERS)).reshape(2, -1)


def one(op: str) -> Callable[[Any], Any]:
    return lambda x: getattr(raw, op)(x=x)


def two(op: str) -> Callable[[Any, Any], Any]:
    return lambda x, y: getattr(raw, op)(x=x, y=y)


UNARY: dict[str, tuple[float, float]] = {
    "Abs": (-2, 2),
    "Acos": (-0.9, 0.9),
    "Acosh": (1.1, 4),
    "Asin": (-0.9, 0.9),
    "Asinh": (-3, 3),
    "Atan": (-3, 3),
    "Atanh": (-0.9, 0.9),
    "Ceil": (-5, 5),
    "Cos": (-4, 4),
    "Cosh": (-2, 2),
    "Exp": (-4, 4),
    "Expm1": (-2, 2),
    "Floor": (-5, 5),
    "Inv": (0.2, 3),
    "Log": (0.1, 4),
    "Log1p": (-0.5, 4),
    "Neg": (-2, 2),
    "Reciprocal": (0.2, 3),
    "Rint": (-5, 5),
    "Round": (-5, 5),
    "Rsqrt": (0.1, 4),
    "Sign": (-2, 2),
    "Sin": (-4, 4),
    "Sinh": (-2, 2),
    "Sqrt": (0.1, 4),
    "Square": (-3, 3),
    "Tan": (-1, 1),
}
CASES: list[OpCase] = []
for op, (low, high) in UNARY.items():
    CASES += [
        case(op, one(op), f32(3, 4, low=low, high=high)),
        case(op, one(op), f64(3, 4, low=low, high=high), static=False),
        case(op, one(op), CORNERS, grad=False, static=False, signed=True),
        case(op, one(op), f32(0, 3, low=low, high=high), static=False),
    ]
CASES += [
    case(op, one(op), f16(3, 4, low=low, high=high), static=False, atol=8e-3)
    for op, (low, high) in UNARY.items()
    if op != "Rint"
]
COMPLEX = "Acos Asin Atan Cos Cosh Exp Inv Log Neg Rsqrt Sign Sin Sqrt Square Tan"
CASES += [
    case(op, one(op), c64(3, 4), static=False, atol=1e-5) for op in COMPLEX.split()
]
CASES += [
    case(op, one(op), ints(dtype, 3, 4), static=False)
    for op in ("Abs", "Neg", "Sign", "Square")
    for dtype in ("int8", "int16", "int32", "int64")
]
CASES += [case("ComplexAbs", one("ComplexAbs"), c64(3, 4))]
CASES += []

for op in ("Abs", "Sqrt", "Rsqrt", "Sign", "Square", "Log", "Round"):
    CASES.append(case(op, one(op), CORNERS[1:], name="gradient-at-corners"))

ARITHMETIC = "AddV2 Sub Mul RealDiv Maximum Minimum SquaredDifference"
for op in ARITHMETIC.split():
    CASES += [
        case(op, two(op), f32(2, 3), f32(3)),
        case(op, two(op), f32(2, 1, 3), f32(4, 1), all=True),
        case(op, two(op), f64(2, 3), f64(2, 3), static=False),
        case(op, lambda x, op=op: two(op)(x, tf.constant(2.5)), f32(2, 3)),
        case(op, lambda x, op=op: two(op)(tf.constant(0.5), x), f32(2, 3)),
        case(op, two(op), PAIRS[0], PAIRS[1], grad=False, signed=True, static=False),
        case(op, two(op), f32(0, 3), f32(3), static=False),
    ]
for dtype in (
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "float16",
):
    for op in ("AddV2", "Sub", "Mul", "Maximum", "FloorDiv"):
        number = ints if "int" in dtype else floats
        x, y = number(dtype, 3, 4), number(dtype, 3, 4, low=1, high=5)
        CASES.append(case(op, two(op), x, y, static=False))
CASES += [
    case(op, two(op), c64(2, 3), c64(3)) for op in ("Add", "Sub", "Mul", "RealDiv")
]
TIES = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, -1.0]], "f"), np.array([1.0, 3, 2], "f")
CASES += [case(op, two(op), *TIES, name="ties") for op in ("Maximum", "Minimum")]
ZEROS = np.array([-1.0, 0.0, 2.0, -0.0, inf], "f")
for op in ("Maximum", "Minimum"):
    for number in (0.0, 2.0, -1.0):
        CASES += [
            case(
                op, lambda x, op=op, n=number: two(op)(x, n), ZEROS, name=f"x-{number}"
            ),
            case(
                op, lambda x, op=op, n=number: two(op)(n, x), ZEROS, name=f"{number}-x"
            ),
        ]
CASES += [
    case("Minimum", lambda x: tf.clip_by_value(x, 0.0, 2.0), ZEROS, name="clip"),
    case("Minimum", lambda x: tf.clip_by_value(x, -1, 2), i32(5), name="clip"),
    case("Maximum", lambda x: tf.minimum(tf.maximum(x, 2.0), 0.0), ZEROS, name="off"),
    case(
        "ClipByValue",
        lambda x: raw.ClipByValue(t=x, clip_value_min=0.0, clip_value_max=2.0),
        ZEROS,
    ),
    case(
        "ClipByValue",
        lambda x, a, b: raw.ClipByValue(t=x, clip_value_min=a, clip_value_max=b),
        f32(5),
        f32(5, low=-1, high=0),
        f32(5, low=0, high=1),
        grad=False,
    ),
]

DIVISIONS = "Div FloorDiv FloorMod TruncateDiv TruncateMod Mod"
SIGNS = np.array([7, -7, 7, -7, 6, -6], "i"), np.array([2, 2, -2, -2, 3, 3], "i")
for op in DIVISIONS.split():
    CASES.append(case(op, two(op), *SIGNS))
    CASES.append(case(op, lambda x, op=op: two(op)(x, 3), i32(5)))
    if op != "TruncateDiv":
        real = SIGNS[0].astype("f") + 0.5, SIGNS[1].astype("f")
        CASES.append(case(op, two(op), *real))
        CASES.append(case(op, two(op), f32(3, 4), f32(3, 4)))
CASES.append(
    case("FloorDiv", two("FloorDiv"), np.full(3, 1, "f"), np.full(3, 0.1, "f"))
)

for op in ("DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py", "Atan2", "Pow"):
    CASES += [
        case(op, two(op), f32(2, 3, low=0.1, high=3), f32(3, low=0.2, high=2)),
        case(op, two(op), f64(3, low=0.1), f64(2, 3, low=0.2, high=2), static=False),
        case(
            op, two(op), PAIRS[0], PAIRS[1], grad=False, signed=op[:2] in ("Di", "Mu")
        ),
    ]
AT_ZERO = np.array([0.0, 0.0, 1.5, -2.0], "f"), np.array([0.0, 2.0, 0.0, 3.0], "f")
CASES += [
    case(op, two(op), *AT_ZERO, name="gradient-at-zero")
    for op in ("DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py")
]
NEGATIVE = np.array([-2.0, 0.0, 2.0, -1.5], "f"), np.array([2.0, 2.0, 0.5, 3.0], "f")
CASES += [
    case("Pow", two("Pow"), *NEGATIVE, name="negative-base"),
    case("Pow", lambda x: raw.Pow(x=x, y=2.0), f32(3, 4)),
    case("Pow", lambda x: raw.Pow(x=x, y=0.5), f32(3, 4, low=0)),
    case("Pow", lambda x: raw.Pow(x=2.0, y=x), f32(3, 4)),
    case("Pow", lambda x: raw.Pow(x=x, y=3), i32(3, 4)),
    case("Pow", two("Pow"), i32(3, 4), i32(3, 4, low=0, high=4)),
    case("Pow", two("Pow"), c64(3), c64(3), atol=1e-4),
    case("NextAfter", lambda x, y: raw.NextAfter(x1=x, x2=y), f32(3, 4), f32(4)),
    case("NextAfter", lambda x, y: raw.NextAfter(x1=x, x2=y), f64(3, 4), f64(4)),
    case("AddN", lambda *x: raw.AddN(inputs=x), f32(2, 3), f32(2, 3), f32(2, 3)),
    case("AddN", lambda x: raw.AddN(inputs=[x]), f32(2, 3)),
    case(
        "AccumulateNV2",
        lambda x, y: raw.AccumulateNV2(inputs=[x, y], shape=[2, 3]),
        f32(2, 3),
        f32(2, 3),
        dynamic=False,
    ),
]
for op in ("SigmoidGrad", "TanhGrad", "SqrtGrad", "RsqrtGrad", "InvGrad"):
    CASES.append(
        case(op, lambda y, dy, op=op: getattr(raw, op)(y=y, dy=dy), f32(3), f32(3))
    )

CASES += [  # no gradient, not even 0 · ∞
    case(
        "FloorDiv",
        lambda x, y: tf.where(y == 0, x, tf.math.floordiv(x, y)),
        f32(4),
        np.array([0, 1, 0, 2], "f"),
    ),
    case("FloorDiv", lambda x: x // 2, f32(4), source="torch.floor(x0 / 2.0)"),
]

# The ends of the number line are literals that torch accepts.


def ends(dtype: str) -> list[OpCase]:
    least, greatest = np.finfo(dtype).tiny, np.finfo(dtype).max

    def chosen(x: Any) -> Any:
        return tf.where(x > 0, greatest, tf.where(x < -1, -greatest, x))

    def clipped(x: Any) -> Any:
        return tf.clip_by_value(x, -greatest, greatest)

    def padded(x: Any) -> Any:
        return tf.pad(x, [[0, 0], [1, 1]], constant_values=-greatest)

    infinite = np.array([inf, 1, -inf], dtype)
    large = np.full(4, 64, dtype)
    return [
        case("SelectV2", chosen, floats(dtype, 9), name=f"ends-{dtype}"),
        case("ClipByValue", clipped, infinite, name=f"ends-{dtype}"),
        case("PadV2", padded, floats(dtype, 2, 3), name=f"ends-{dtype}"),
        case("Mul", lambda x: x * least, large, grad=False, name=f"ends-{dtype}"),
    ]


CASES += [c for dtype in ("float16", "float32", "float64") for c in ends(dtype)]
