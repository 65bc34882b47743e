"""Set operations and feature crosses."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, i32, i64
from tests.ops.words import words

raw = tf.raw_ops
A = np.array([[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]], np.int64)
B = np.array([[0, 0], [1, 0], [2, 0]], np.int64)
SHAPE = np.array([4, 3], np.int64)


def entries(x: tf.SparseTensor) -> list[tf.Tensor]:
    return [x.indices, x.values, x.dense_shape]


def static(op: str, function: Any, *operands: Any, name: str = "") -> Any:
    return case(op, function, *operands, dynamic=False, name=name)


CASES = []
for name in ("a-b", "b-a", "intersection", "union"):
    attrs = {"set_operation": name}
    CASES += [
        case(
            "DenseToDenseSetOperation",
            lambda x, y, attrs=attrs: list(
                raw.DenseToDenseSetOperation(set1=x, set2=y, **attrs)
            ),
            i32(4, 5),
            i32(4, 3),
            name=name,
        ),
        case(
            "DenseToDenseSetOperation",
            lambda x, y, attrs=attrs: list(
                raw.DenseToDenseSetOperation(set1=x, set2=y, **attrs)
            ),
            words(2, 2, 4, longest=1, alphabet="abé"),
            words(2, 2, 3, longest=1, alphabet="abé"),
            name=f"{name}_strings",
        ),
        static(
            "DenseToSparseSetOperation",
            lambda x, i, v, attrs=attrs: list(
                raw.DenseToSparseSetOperation(
                    set1=x, set2_indices=i, set2_values=v, set2_shape=SHAPE, **attrs
                )
            ),
            i64(4, 5),
            A,
            i64(5),
            name=name,
        ),
        static(
            "SparseToSparseSetOperation",
            lambda i, x, j, y, attrs=attrs: list(
                raw.SparseToSparseSetOperation(
                    set1_indices=i,
                    set1_values=x,
                    set1_shape=SHAPE,
                    set2_indices=j,
                    set2_values=y,
                    set2_shape=SHAPE,
                    **attrs,
                )
            ),
            A,
            words(5, longest=1, alphabet="ab"),
            B,
            words(3, longest=1, alphabet="ab"),
            name=name,
        ),
    ]
CASES.append(
    static(
        "SetSize",
        lambda i, v: raw.SetSize(set_indices=i, set_values=v, set_shape=SHAPE),
        A,
        i32(5, low=0, high=2),
    )
)


def cross(name: str, **attrs: Any) -> list[Any]:
    """Two sparse columns, a dense one of numbers, a dense one of strings."""
    given = {"hashed_output": True, "num_buckets": 0, "hash_key": 956888297470}
    given |= {"out_type": tf.int64, "internal_type": tf.int64} | attrs

    def run(v: Any, w: Any, x: Any, y: Any) -> list[tf.Tensor]:
        return list(
            raw.SparseCross(
                indices=[A, B],
                values=[v, w],
                shapes=[SHAPE, SHAPE],
                dense_inputs=[x, y],
                **given,
            )
        )

    strings = words(5), i64(3, low=-99, high=99), i64(4, 2), words(4, 1)
    return [static("SparseCross", run, *strings, name=name)]


CASES += cross("hashed")
CASES += cross("buckets", num_buckets=100)
CASES += cross("key", hash_key=-5)
for strong in (False, True):
    CASES.append(
        static(
            "SparseCrossHashed",
            lambda v, x, strong=strong: list(
                raw.SparseCrossHashed(
                    indices=[A],
                    values=[v],
                    shapes=[SHAPE],
                    dense_inputs=[x],
                    num_buckets=1000,
                    strong_hash=strong,
                    salt=[3, -4],
                )
            ),
            words(5),
            words(4, 2) if strong else i64(4, 2, low=-99, high=99),
            name="strong" if strong else "fast",
        )
    )
CASES += [
    static(
        "SparseCross",
        lambda v, x: list(
            raw.SparseCross(
                indices=[A],
                values=[v],
                shapes=[SHAPE],
                dense_inputs=[x],
                hashed_output=False,
                num_buckets=0,
                hash_key=1,
                out_type=tf.string,
                internal_type=tf.string,
            )
        ),
        words(5),
        words(4, 2),
        name="strings",
    ),
    static(
        "SparseCrossV2",
        lambda v, x: list(
            raw.SparseCrossV2(
                indices=[A],
                values=[v],
                shapes=[SHAPE],
                dense_inputs=[tf.strings.as_string(x)],
                sep="é",
            )
        ),
        words(5),
        i64(4, 2),
    ),
    case(
        "SparseCross",
        lambda x, y: tf.sparse.to_dense(tf.sparse.cross_hashed([x, y], 50)),
        words(4, 1),
        i64(4, 1),
        name="keras",
    ),
    static(
        "RaggedCross",
        lambda x, s, y: (
            tf.ragged.cross_hashed(
                [tf.RaggedTensor.from_row_splits(x, s), y], 77
            ).values
        ),
        words(6),
        np.array([0, 2, 2, 5, 6], np.int64),
        i64(4, 2),
    ),
    static(
        "RaggedCross",
        lambda x, s, y: tf.ragged.cross(
            [y, tf.RaggedTensor.from_row_splits(x, s)]
        ).to_tensor(),
        words(6),
        np.array([0, 2, 2, 5, 6], np.int64),
        words(4, 2),
        name="strings",
    ),
]
