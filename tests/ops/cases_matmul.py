"""Matrix products and einsum."""

from __future__ import annotations

import itertools

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bf16, c64, case, f16, f32, f64, floats, i32, ints

raw = tf.raw_ops
CASES: list[OpCase] = []
for a, b in itertools.product((False, True), repeat=2):
    x = f32(3, 4) if not a else f32(4, 3)
    y = f32(4, 5) if not b else f32(5, 4)

    def matmul(x, y, a=a, b=b):
        return raw.MatMul(a=x, b=y, transpose_a=a, transpose_b=b)

    CASES.append(
        case("MatMul", matmul, x, y, batch=([1] if b else [0, 1]) if a else [0])
    )
    for op in ("BatchMatMul", "BatchMatMulV2"):

        def batched(x, y, a=a, b=b, op=op):
            return getattr(raw, op)(x=x, y=y, adj_x=a, adj_y=b)

        first = (2, 3, 4) if not a else (2, 4, 3)
        second = (2, 4, 5) if not b else (2, 5, 4)
        CASES += [
            case(op, batched, f32(*first), f32(*second)),
            case(op, batched, c64(*first), c64(*second), static=False),
        ]
WEIGHTS = np.random.default_rng(0).standard_normal((4, 5)).astype("f")
CASES += [
    case("MatMul", lambda x: tf.matmul(x, WEIGHTS), f32(3, 4)),
    case("MatMul", lambda x, y: tf.matmul(x, y), f64(3, 4), f64(4, 2), batch=[0]),
    case("MatMul", lambda x, y: tf.matmul(x, y), i32(3, 4), i32(4, 2), batch=[0]),
    case("MatMul", lambda x, y: tf.matmul(x, y), c64(3, 4), c64(4, 2), batch=[0]),
    case("MatMul", lambda x, y: tf.matmul(x, y), f32(3, 0), f32(0, 2), batch=[0]),
    case("MatMul", lambda x, y: tf.matmul(x, y), f16(3, 4), f16(4, 2), batch=[0]),
    case("MatMul", lambda x, y: tf.matmul(x, y), bf16(3, 4), bf16(4, 2), batch=[0]),
    case("BatchMatMulV2", lambda x: tf.matmul(x, WEIGHTS), f32(2, 3, 4)),
    case("BatchMatMulV2", lambda x, y: tf.matmul(x, y), f32(2, 1, 3, 4), f32(3, 4, 2)),
    case("BatchMatMulV2", lambda x, y: tf.matmul(x, y), i32(2, 3, 4), i32(2, 4, 5)),
    case(
        "BatchMatMulV3",
        lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout="int32"),
        ints("int8", 2, 3, 4),
        ints("int8", 2, 4, 5),
    ),
    case(
        "BatchMatMulV3",
        lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout="float32"),
        f32(2, 3, 4),
        f32(2, 4, 5),
    ),
]
EINSUMS = {
    "abc,cd->abd": ((2, 3, 4), (4, 5)),
    "bqhd,bkhd->bhqk": ((2, 3, 2, 4), (2, 5, 2, 4)),
    "...ij,...jk->...ik": ((2, 3, 4), (2, 4, 5)),
    "ab,cd->abcd": ((2, 3), (3, 2)),
    "bii->bi": ((2, 3, 3),),
    "bij->b": ((2, 3, 3),),
    "bij->jib": ((2, 3, 4),),
    "bi,bi->": ((2, 3), (2, 3)),
    "bij,bjk->bki": ((2, 3, 4), (2, 4, 5)),
}
for equation, shapes in EINSUMS.items():
    CASES.append(
        case(
            "Einsum",
            lambda *xs, e=equation: raw.Einsum(inputs=xs, equation=e),
            *(f32(*s) for s in shapes),
            name=equation,
        )
    )
CASES += [
    case(
        "Einsum",
        lambda x, y: raw.Einsum(inputs=[x, y], equation="ab,bc->ac"),
        c64(2, 3),
        c64(3, 4),
    ),
    case(
        "Einsum",
        lambda x, y: raw.Einsum(inputs=[x, y], equation="ab,bc->ac"),
        i32(2, 3),
        i32(3, 4),
    ),
]

CASES += [  # a layer's weights have its dtype
    case(
        "MatMul",
        (lambda w: lambda x: tf.matmul(x, w))(tf.Variable(np.eye(3, dtype=dtype))),
        floats(dtype, 2, 3),
        atol=1e-2 if dtype == "float16" else None,
    )
    for dtype in ("float64", "float16")
]
