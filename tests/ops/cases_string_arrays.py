"""Shape and selection ops on string tensors."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import bools, case, i32
from tests.ops.words import strings, words

raw = tf.raw_ops
X = words(4, 3)
V = words(5)
FEW = words(9, longest=1, alphabet="abé")

CASES = [
    case("Reshape", lambda x: tf.reshape(x, [-1]), X),
    case("Reshape", lambda x: tf.reshape(x, [3, -1, 1]), words(6, 2), dynamic=False),
    case("Reshape", lambda x: tf.reshape(x, [tf.shape(x)[0], 1, 3]), X),
    case("Reshape", lambda x: tf.reshape(x, []), words(1), dynamic=False),
    case("ExpandDims", lambda x: tf.expand_dims(x, -1), X),
    case("Squeeze", lambda x: tf.squeeze(x, 1), words(3, 1, 2)),
    case("Squeeze", lambda x: tf.squeeze(x), words(1, 2, 1), dynamic=False),
    case("Transpose", lambda x: tf.transpose(x), X),
    case("ConcatV2", lambda x: tf.concat([x, x], 0), X),
    case(
        "ConcatV2", lambda x, y: tf.concat([x, y, [["z"]] * 4], -1), X, X, dynamic=False
    ),
    case("Pack", lambda x, y: tf.stack([x, y], 1), X, X),
    case("Pack", lambda x: tf.stack([x[0], "b"]), V),
    case("Unpack", lambda x: tf.unstack(x, axis=1), X),
    case("Unpack", lambda x: tf.unstack(x, axis=0), V, dynamic=False),
    case("StridedSlice", lambda x: x[0], V),
    case("StridedSlice", lambda x: x[-1, 1], X),
    case("StridedSlice", lambda x: x[1:, ::2], X),
    case("StridedSlice", lambda x: x[::-1, tf.newaxis, ..., 0], X),
    case("StridedSlice", lambda x, i: x[i], V, np.int32(2), batch=(0,)),
    case("StridedSlice", lambda x, i: x[i : i + 2, 0], X, np.int32(1), batch=(0,)),
    case("Slice", lambda x: tf.slice(x, [0, 1], [-1, 2]), X),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i),
        V,
        i32(2, 3, low=0, high=2),
        batch=(1,),
    ),
    case("GatherV2", lambda x: tf.gather(x, 1, axis=1), X),
    case("GatherV2", lambda x: tf.gather(x, 0), V),
    case("GatherNd", lambda x: tf.gather_nd(x, [[0, 1], [2, 2]]), X),
    case("GatherNd", lambda x: tf.gather_nd(x, [[0], [2]]), X),
    case(
        "TensorScatterUpdate",
        lambda x: tf.tensor_scatter_nd_update(x, [[1], [0]], ["p", "q"]),
        V,
    ),
    case(
        "ScatterNd",
        lambda u: tf.scatter_nd([[1], [3]], u, [5, 3]),
        words(2, 3),
        dynamic=False,
    ),
    case("Tile", lambda x: tf.tile(x, [1, 2]), X),
    case("BroadcastTo", lambda x: tf.broadcast_to(x, [2, 5]), V, dynamic=False),
    case("Fill", lambda x: tf.fill(tf.shape(x), "é"), X),
    case("Fill", lambda x: tf.fill([2, 3], x), words(), dynamic=False),
    case("ZerosLike", lambda x: tf.zeros_like(x), X),
    case("ReverseV2", lambda x: tf.reverse(x, [1, 0]), X),
    case("Roll", lambda x: tf.roll(x, [1, -1], [0, 1]), X),
    case("SelectV2", lambda c, x: tf.where(c, x, "-"), bools(4, 1), X),
    case("SelectV2", lambda c, x, y: tf.where(c, x, y), bools(4, 3), X, X),
    case("SelectV2", lambda x: tf.where(tf.equal(x, ""), "?", x), FEW),
    case(
        "Select",
        lambda c, x, y: raw.Select(condition=c, x=x, y=y),
        bools(4),
        X,
        X,
        batch=(0, 1, 2),
    ),
    case("Size", lambda x: tf.size(x, tf.int64), X),
    case("Shape", lambda x: tf.shape(x), X),
    case("Unique", lambda x: list(tf.unique(x)), FEW),
    case("UniqueWithCounts", lambda x: list(tf.unique_with_counts(x, tf.int64)), FEW),
    case("Split", lambda x: tf.split(x, 3, axis=1), X),
    case("SplitV", lambda x: tf.split(x, [1, 2], axis=1), X),
    case(
        "DynamicPartition",
        lambda x, i: tf.dynamic_partition(x, i, 3),
        V,
        i32(5, low=0, high=2),
    ),
    case(
        "DynamicStitch",
        lambda x: tf.dynamic_stitch([[0, 3], [1, 2]], [x[:2], ["y", "z"]]),
        V,
        dynamic=False,
    ),
    case("Where", lambda x: tf.boolean_mask(x, tf.not_equal(x, "a")), FEW),
    case(
        "Const",
        lambda x: tf.constant([[b"a", "é".encode()], [b"", b"\xff"]]) + x,
        strings("", "z"),
        dynamic=False,
    ),
    case(
        "Const",
        lambda x: tf.stack([x, tf.constant(["q"] * 30)]),
        words(30),
        dynamic=False,
    ),
    case(
        "If",
        lambda x, c: tf.cond(c, lambda: tf.strings.lower(x), lambda: x),
        X,
        np.array(True),
        batch=(0,),
    ),
    case("Identity", lambda x: tf.identity(x), X),
    case("Identity", lambda x: [x, tf.ensure_shape(x, [None, 3])], X),
]
