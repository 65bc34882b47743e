"""Serialized tensors and sparse tensors, rows found in rows, edit distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import bools, c64, case, f16, f32, i32, i64, ints
from tests.ops.cases_sparse import SHAPE, A, B, T, sparse, tensor
from tests.ops.words import words

raw = tf.raw_ops
EMPTY = np.zeros((0, 2), np.int64)


def serialized(operand: Any, name: str) -> Any:
    function = tf.io.serialize_tensor
    return case("SerializeTensor", function, operand, grad=False, name=name)


def one(i: Any, v: Any) -> Any:
    return tf.io.serialize_sparse(tensor(i, v))


def many(i: Any, v: Any) -> Any:
    return tf.io.serialize_many_sparse(tensor(i, v))


def restored(i: Any, v: Any) -> list[tf.Tensor]:
    """A batch of two sparse tensors, of which one is larger."""
    wide = raw.SerializeSparse(
        sparse_indices=i, sparse_values=v, sparse_shape=SHAPE + [0, 3]
    )
    both = tf.stack((one(i, v), wide))
    return list(raw.DeserializeSparse(serialized_sparse=both, dtype=v.dtype))


def rows_restored(i: Any, v: Any) -> list[tf.Tensor]:
    made = tf.io.deserialize_many_sparse(many(i, v), v.dtype)
    return [made.indices, made.values, made.dense_shape]


def distance(normalize: bool) -> Any:
    def run(a: Any, x: Any, b: Any, y: Any) -> tf.Tensor:
        return tf.edit_distance(tensor(a, x), tensor(b, y), normalize)

    return run


LETTERS = words(5, longest=1, alphabet="ab")
FEW = words(3, longest=1, alphabet="ab")
CASES = [
    serialized(f32(2, 3), "float32"),
    serialized(f16(4), "float16"),
    serialized(i64(), "scalar"),
    serialized(bools(3), "bool"),
    serialized(c64(2), "complex"),
    serialized(ints("uint16", 2, 2), "uint16"),
    serialized(f32(2, 0), "empty"),
    serialized(words(2, 2), "string"),
    sparse("SerializeSparse", one, A, f32(5), grad=False),
    sparse("SerializeSparse", one, A, words(5)),
    case(
        "SerializeSparse",
        lambda i, v: tf.io.serialize_sparse(tensor(i, v), tf.variant),
        A,
        f32(5),
        dynamic=False,
        declines="as variants",
        name="variant",
    ),
    sparse("SerializeManySparse", many, A, f32(5), grad=False),
    sparse("SerializeManySparse", many, A, words(5)),
    sparse("DeserializeSparse", restored, A, f32(5), grad=False),
    sparse("DeserializeSparse", restored, A, words(5)),
    sparse("DeserializeManySparse", rows_restored, A, i32(5)),
    sparse("DeserializeManySparse", rows_restored, EMPTY, i32(0), name="empty"),
    sparse(
        "SparseAddGrad",
        lambda g, a, b: list(
            raw.SparseAddGrad(
                backprop_val_grad=g,
                a_indices=a,
                b_indices=b,
                sum_indices=np.unique(np.concatenate((A, B)), axis=0),
            )
        ),
        f32(6),
        A,
        B,
        grad=False,
    ),
    sparse(
        "SparseSliceGrad",
        lambda g, i: raw.SparseSliceGrad(
            backprop_val_grad=g,
            input_indices=i,
            input_start=[1, 0],
            output_indices=[[1, 0], [1, 1]],
        ),
        f32(2),
        A,
        grad=False,
    ),
    sparse("EditDistance", distance(True), A, LETTERS, B, FEW),
    sparse("EditDistance", distance(False), A, LETTERS, B, FEW),
    sparse("EditDistance", distance(True), B, i64(3, low=0, high=1), A, i64(5, low=0)),
    sparse("EditDistance", distance(True), EMPTY, i64(0), A, i64(5, low=0)),
    sparse(
        "EditDistance",
        lambda x, y: tf.edit_distance(
            tf.SparseTensor(T, x, [3, 2, 4]), tf.SparseTensor(T[1:], y, [3, 1, 4])
        ),
        i32(4, low=0, high=1),
        i32(3, low=0, high=1),
        name="rank3",
    ),
]
