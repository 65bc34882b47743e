"""Fractional pools with seeds, in which the regions are TensorFlow's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64, i32

raw = tf.raw_ops
RATIOS = [1.0, 1.44, 1.73, 1.0]
ROWS, COLUMNS = np.int64([0, 2, 3, 5, 7]), np.int64([0, 1, 3, 4, 6, 7, 9])


def pool(op: str, operand: Any, grad: bool = True, **given: Any) -> OpCase:
    named = {"deterministic": True, "seed": 5, "seed2": 9, **given}
    ratios = named.pop("pooling_ratio", RATIOS)
    return case(
        op,
        lambda x: getattr(raw, op)(value=x, pooling_ratio=ratios, **named),
        operand,
        grad=(0,) if grad else False,
        # TensorFlow itself cannot derive an average pool of an unknown batch.
        dynamic="Max" in op or not grad,
    )


def max_grad(overlapping: bool) -> Any:
    def run(x: Any, g: Any) -> Any:
        return raw.FractionalMaxPoolGrad(
            orig_input=x,
            orig_output=pooled(x, overlapping),
            out_backprop=g,
            row_pooling_sequence=ROWS,
            col_pooling_sequence=COLUMNS,
            overlapping=overlapping,
        )

    return run


def pooled(x: Any, overlapping: bool) -> Any:
    """The maxima of the regions, which the gradient looks up again."""
    more = int(overlapping)
    rows = [
        [
            tf.reduce_max(x[:, t : b + more, a : e + more], [1, 2])
            for a, e in zip(COLUMNS, COLUMNS[1:], strict=False)
        ]
        for t, b in zip(ROWS, ROWS[1:], strict=False)
    ]
    return tf.stack([tf.stack(row, 1) for row in rows], 1)


def avg_grad(overlapping: bool) -> Any:
    return lambda g: raw.FractionalAvgPoolGrad(
        orig_input_tensor_shape=np.int64([2, 7, 9, 3]),
        out_backprop=g,
        row_pooling_sequence=ROWS,
        col_pooling_sequence=COLUMNS,
        overlapping=overlapping,
    )


CASES = [
    *(
        pool(op, f32(2, 20, 17, 3), pseudo_random=pseudo, overlapping=overlap)
        for op in ("FractionalMaxPool", "FractionalAvgPool")
        for pseudo in (False, True)
        for overlap in (False, True)
    ),
    pool("FractionalMaxPool", f64(2, 9, 11, 1), seed=0, seed2=3),
    pool("FractionalMaxPool", i32(2, 9, 11, 2), pooling_ratio=[1.0, 2.7, 3.0, 1.0]),
    pool("FractionalAvgPool", i32(2, 9, 11, 2), pseudo_random=True),
    pool("FractionalAvgPool", f32(2, 20, 17, 3), grad=False, overlapping=True),
    pool("FractionalAvgPool", f32(2, 40, 50, 1), pooling_ratio=[1.0, 1.0, 1.1, 1.0]),
    case(
        "FractionalMaxPool",
        lambda x: raw.FractionalMaxPool(
            value=x, pooling_ratio=RATIOS, deterministic=True
        ),
        f32(2, 9, 11, 1),
        declines="draws its seed once",
    ),
    *(
        case("FractionalMaxPoolGrad", max_grad(o), x, f32(2, 4, 6, 3), grad=False)
        for o in (False, True)
        for x in (f32(2, 7, 9, 3), np.float32(np.arange(378) % 3).reshape(2, 7, 9, 3))
    ),
    *(
        case("FractionalAvgPoolGrad", avg_grad(o), f32(2, 4, 6, 3), batch=[])
        for o in (False, True)
    ),
]
