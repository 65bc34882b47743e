"""Casts by value and by bits."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bools, c64, c128, case, f32, f64, floats, ints

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def to(dtype: str):
    return lambda x: tf.cast(x, dtype)


CASES: list[OpCase] = []
for source in FLOATS:
    for target in (*FLOATS, *INTS, "bool", "complex64"):
        if source != target:
            low = 0 if target.startswith("u") else -9
            operand = floats(source, 9, low=low, high=9)
            CASES.append(case("Cast", to(target), operand, name=f"{source}-{target}"))
for source in INTS:
    for target in (*INTS, "float32", "float16", "float64", "bool", "complex64"):
        if source != target:
            operand = ints(source, 9, low=-200, high=200)
            if source == "int8":
                operand = ints(source, 9)
            name = f"{source}-{target}"
            CASES.append(case("Cast", to(target), operand, static=False, name=name))
OUTSIDE = np.array([300.7, -300.7, 1e6, -1e6, np.nan, 127.9, -128.9] * 4, "f")
CASES += [
    case("Cast", to(target), OUTSIDE, name=f"outside-{target}")
    for target in ("int32", "int64")
]
CASES += [
    case(
        "Cast",
        lambda x: tf.cast(tf.round(tf.clip_by_value(x, 0, 255)), tf.uint8),
        f32(9, low=-50, high=300),
    ),
    case(
        "Cast",
        lambda x: tf.cast(tf.clip_by_value(x, 0, 255), tf.uint8),
        f32(9, low=-50, high=300),
        source="x0.clamp(0.0, 255.0).to(torch.uint8)",
    ),
    case("Cast", to("float32"), bools(9)),
    case("Cast", to("int32"), bools(9)),
    case("Cast", to("float32"), c64(9)),
    case("Cast", to("float64"), c128(9)),
    case("Cast", to("complex128"), c64(9)),
    case(
        "Cast",
        lambda x: tf.raw_ops.Cast(x=x, DstT="float16", Truncate=True),
        f32(3),
        declines="truncates",
    ),
]
BITCASTS = [
    (f32(3, 4), "int32"),
    (f32(3, 4), "uint8"),
    (f32(3, 4), "float64"),
    (f64(3, 4), "int32"),
    (f32(3, 2), "int64"),
    (ints("uint8", 3, 4, high=255), "float32"),
    (ints("int16", 3, 2), "int32"),
    (ints("int32", 3, 4), "float32"),
    (c64(3), "float32"),
]
for operand, target in BITCASTS:
    shape = (*operand.shape[:-1], operand.shape[-1])
    narrow = tf.as_dtype(operand.dtype).size < tf.as_dtype(target).size
    if (
        narrow
        and shape[-1] * tf.as_dtype(operand.dtype).size != tf.as_dtype(target).size
    ):
        continue
    CASES.append(case("Bitcast", lambda x, t=target: tf.bitcast(x, t), operand))
WEIGHTS = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
CASES += [
    case(
        "Bitcast",
        lambda x: tf.bitcast(WEIGHTS, "int32") + x,
        ints("int32", 2),
        dynamic=False,
    ),
    case("Bitcast", lambda x: tf.bitcast(x, "float32"), ints("uint8", 3, 1, 4)),
]
