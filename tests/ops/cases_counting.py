"""Bincounts of every form."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, f32, f64, i32, i64
from tests.ops.words import words

raw = tf.raw_ops
IDS = i32(4, 6, low=0, high=7)
SPLITS = np.array([0, 2, 2, 5, 6], np.int64)
PLACES = np.array([[0, 1], [2, 0], [2, 1], [3, 5]], np.int64)


def none(dtype: str = "float32") -> tf.Tensor:
    return tf.constant([], dtype)


def _dense(
    x: tf.Tensor, weights: tf.Tensor | None = None, binary: bool = False
) -> tf.Tensor:
    given = none() if weights is None else weights
    return raw.DenseBincount(input=x, size=5, weights=given, binary_output=binary)


CASES = [
    case("DenseBincount", lambda x: _dense(x), IDS),
    case("DenseBincount", lambda x: _dense(x, binary=True), IDS),
    case("DenseBincount", lambda x: _dense(x), i64(9, low=0)),
    case("DenseBincount", lambda x, w: _dense(x, w), IDS, f64(4, 6), grad=False),
    case("DenseBincount", lambda x: _dense(x, none("int32")), IDS, name="int32"),
    case("DenseBincount", lambda x: _dense(x), i64(0, 3, low=0), name="empty"),
    case(
        "DenseBincount",
        lambda x: raw.DenseBincount(
            input=x, size=tf.reduce_max(x) + 1, weights=none(), binary_output=False
        ),
        IDS,
        name="size_at_run_time",
    ),
    case("DenseBincount", lambda x: tf.math.bincount(x, axis=-1, maxlength=6), IDS),
    case("Bincount", lambda x: raw.Bincount(arr=x, size=5, weights=none()), IDS),
    case(
        "Bincount",
        lambda x, w: raw.Bincount(arr=x, size=5, weights=w),
        IDS,
        f32(4, 6),
        grad=False,
    ),
    case(
        "RaggedBincount",
        lambda x, s: raw.RaggedBincount(splits=s, values=x, size=4, weights=none()),
        i32(6, low=0, high=5),
        SPLITS,
        dynamic=False,
    ),
    case(
        "RaggedBincount",
        lambda x, s, w: raw.RaggedBincount(splits=s, values=x, size=4, weights=w),
        i32(6, low=0, high=5),
        SPLITS,
        f32(6),
        grad=False,
        dynamic=False,
    ),
    case(
        "SparseBincount",
        lambda i, v: raw.SparseBincount(
            indices=i,
            values=v,
            dense_shape=[5, 7],
            size=4,
            weights=none(),
            binary_output=True,
        ),
        PLACES,
        np.array([1, 3, 3, 9]),
        dynamic=False,
    ),
    case(
        "SparseBincount",
        lambda i, v, w: raw.SparseBincount(
            indices=i, values=v, dense_shape=[7], size=4, weights=w
        ),
        PLACES[:, 1:],
        np.array([1, 3, 3, 9]),
        f32(4),
        grad=False,
        dynamic=False,
    ),
]
CASES += [
    case(
        "DenseBincount",
        lambda x: tf.math.bincount(x, minlength=3, maxlength=6, axis=-1),
        operand,
        batch=(0,),
    )
    for operand in (IDS, i64(0, 4, low=0, high=5), i32(3, 2, low=9, high=12))
]
CASES += [
    case("DenseBincount", lambda x: tf.math.bincount(x), i32(7, low=0), name="all"),
    case("DenseBincount", lambda x: tf.math.bincount(x), i32(0, low=0), name="of_none"),
    case(
        "DenseBincount",
        lambda x: tf.math.bincount(x, minlength=6, maxlength=6, axis=-1),
        IDS,
        name="fixed",
        source="count_ids(x0, 6, dtype=torch.int32)",
    ),
    case(
        "RaggedBincount",
        lambda x: tf.math.bincount(tf.strings.unicode_decode(x, "UTF-8"), axis=-1),
        words(4, alphabet="abc"),
        name="at_run_time",
    ),
]
CASES.append(
    case(
        "DenseBincount",
        lambda x, n: tf.math.bincount(x, minlength=n, maxlength=n),
        i32(7, low=0),
        np.array(5, np.int32),
        name="of_rows",
        source="count_ids(x0, x1, dtype=torch.int32)",
    )
)
EDGES = [-2.0, 0.1, 0.1, 3.0]
CASES += [
    case("Bucketize", lambda x: raw.Bucketize(input=x, boundaries=EDGES), operand)
    for operand in (
        f32(9),
        np.array([-2.0, 0.1, np.nan, np.inf, -np.inf, 3.0, -0.0], np.float32),
        np.array([0.1, np.float32(0.1), 3.0, -2.0000001]),
        i32(9),
        i64(3, 2),
    )
]
CASES.append(case("Bucketize", lambda x: raw.Bucketize(input=x, boundaries=[]), f32(2)))
for least, most, binary in ((-1, -1, False), (12, -1, True), (2, 4, False)):
    limits = {"minlength": least, "maxlength": most, "binary_output": binary}
    CASES += [
        case(
            "DenseCountSparseOutput",
            lambda x, limits=limits: list(
                raw.DenseCountSparseOutput(values=x, weights=none("int64"), **limits)
            ),
            IDS,
        ),
        case(
            "DenseCountSparseOutput",
            lambda x, w, limits=limits: list(
                raw.DenseCountSparseOutput(values=x, weights=w, **limits)
            ),
            i64(6, low=0),
            f32(6),
            grad=False,
        ),
        case(
            "RaggedCountSparseOutput",
            lambda x, s, limits=limits: list(
                raw.RaggedCountSparseOutput(
                    splits=s, values=x, weights=none(), **limits
                )
            ),
            i32(6, low=0, high=5),
            SPLITS,
            dynamic=False,
        ),
        case(
            "SparseCountSparseOutput",
            lambda i, v, w, limits=limits: list(
                raw.SparseCountSparseOutput(
                    indices=i, values=v, dense_shape=[5, 7], weights=w, **limits
                )
            ),
            PLACES,
            np.array([1, 3, 3, 9]),
            f32(4),
            grad=False,
            dynamic=False,
        ),
    ]
