"""The clock, placeholders, counts for the debugger; tensors boxed as variants."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, f32, i64
from tests.ops.cases_state import variable
from tests.ops.words import words

raw = tf.raw_ops
COUNTER = variable(dtype="int64")
SMALL = variable(dtype="int32")
SPLITS = np.array([0, 2, 2, 5], np.int64)
INNER = np.array([0, 1, 3, 3, 4, 6], np.int64)


def counted(v: tf.Variable) -> Any:
    """Three counts, each seen as it was before."""

    def run(x: tf.Tensor) -> list[tf.Tensor]:
        v.assign(4)
        found = [
            raw.ResourceCountUpTo(resource=v.handle, limit=9, T=v.dtype)
            for _ in range(3)
        ]
        return [x * tf.cast(tf.stack(found), x.dtype), v.read_value()]

    return run


def rows_of(*splits: Any) -> Any:
    """The rows as variants, and back."""

    def run(values: tf.Tensor) -> list[tf.Tensor]:
        rows = raw.RaggedTensorToVariant(
            rt_nested_splits=list(splits), rt_dense_values=values, batched_input=True
        )
        return list(
            tf.nest.flatten(
                raw.RaggedTensorFromVariant(
                    encoded_ragged=rows,
                    input_ragged_rank=len(splits) - 1,
                    output_ragged_rank=len(splits),
                    Tvalues=values.dtype,
                    Tsplits=splits[0].dtype,
                )
            )
        )

    return run


def whole(values: tf.Tensor) -> list[tf.Tensor]:
    box = raw.RaggedTensorToVariant(
        rt_nested_splits=[SPLITS], rt_dense_values=values, batched_input=False
    )
    made = raw.RaggedTensorFromVariant(
        encoded_ragged=box,
        input_ragged_rank=1,
        output_ragged_rank=1,
        Tvalues=values.dtype,
        Tsplits="int64",
    )
    return tf.nest.flatten(made)


def mapped(values: tf.Tensor) -> list[tf.Tensor]:
    """``map_fn`` over the rows of a ragged tensor, to a dense and a ragged one."""
    x = tf.RaggedTensor.from_row_splits(values, SPLITS)
    total = tf.map_fn(tf.reduce_sum, x, fn_output_signature=values.dtype)
    spec = tf.RaggedTensorSpec([None], values.dtype, ragged_rank=0)
    doubled = tf.map_fn(lambda r: tf.concat([r, r], 0), x, fn_output_signature=spec)
    return [total, doubled.values, doubled.row_splits]


def composite(x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
    box = raw.CompositeTensorVariantFromComponents(components=[x, y], metadata="")
    made = raw.CompositeTensorVariantToComponents(
        encoded=box, metadata="", Tcomponents=[x.dtype, y.dtype]
    )
    return [made[1], made[0]]


CASES = [
    case("Timestamp", lambda: tf.timestamp() > 1e9),
    case("Timestamp", lambda: tf.timestamp() * 0.0),
    case("Fact", lambda: tf.strings.join([raw.Fact(), "!"])),
    case("FakeParam", lambda: raw.FakeParam(dtype="float32", shape=[2, 3]) * 0.0),
    case("FakeParam", lambda: tf.shape(raw.FakeParam(dtype="int32", shape=[]))),
    case("ResourceCountUpTo", counted(COUNTER), f32(3), dynamic=False),
    case("ResourceCountUpTo", counted(SMALL), f32(3), dynamic=False),
    case("RaggedTensorToVariant", rows_of(SPLITS), f32(5), dynamic=False),
    case(
        "RaggedTensorToVariant", rows_of(SPLITS.astype("i")), i64(5, 2), dynamic=False
    ),
    case("RaggedTensorToVariant", rows_of(SPLITS, INNER), f32(6, 2), dynamic=False),
    case("RaggedTensorToVariant", rows_of(SPLITS), words(5), dynamic=False),
    case("RaggedTensorToVariant", whole, f32(5), dynamic=False),
    case("RaggedTensorFromVariant", mapped, f32(5), dynamic=False),
    case(
        "CompositeTensorVariantFromComponents", composite, f32(3), i64(2), dynamic=False
    ),
]
