"""BiasAdd in both formats and every rank."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.ops.cases import c64, case, f32, ints

raw = tf.raw_ops


def last(x: Any, bias: Any) -> Any:
    return raw.BiasAdd(value=x, bias=bias)


def second(x: Any, bias: Any) -> Any:
    return raw.BiasAdd(value=x, bias=bias, data_format="NCHW")


SHAPES = ((2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 2))
CASES = [
    *(case("BiasAdd", last, f32(*s), f32(s[-1]), batch=[0]) for s in SHAPES),
    *(case("BiasAdd", second, f32(*s), f32(s[1]), batch=[0]) for s in SHAPES[1:]),
    case(
        "BiasAddV1",
        lambda x, bias: raw.BiasAddV1(value=x, bias=bias),
        f32(2, 3),
        f32(3),
        batch=[0],
    ),
    case("BiasAdd", last, c64(2, 3), c64(3), batch=[0]),
    *(
        case("BiasAdd", last, ints(d, 2, 3, high=100), ints(d, 3, high=100), batch=[0])
        for d in ("int8", "uint8", "int32", "int64")
    ),
    case("BiasAdd", last, ints("uint16", 2, 3), ints("uint16", 3), declines="uint16"),
]
