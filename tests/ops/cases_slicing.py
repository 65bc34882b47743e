"""Slices with every mask, updates of slices, gathers and scatters."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import bf16, bools, c64, case, f16, f32, f64, i32, i64, ints

raw = tf.raw_ops


def _n(x):
    return tf.shape(x)[0]


def _raw_slice(x, begin, end, strides, **masks):
    return raw.StridedSlice(input=x, begin=begin, end=end, strides=strides, **masks)


SLICES = [
    case("StridedSlice", lambda x: x[:, 1:3], f32(2, 5), source="x0[:, 1:3]"),
    case("StridedSlice", lambda x: x[..., 1], f32(2, 3, 4), source="x0[..., 1]"),
    case("StridedSlice", lambda x: x[:, -1], f32(2, 3, 4), source="x0[:, -1]"),
    case(
        "StridedSlice",
        lambda x: x[:, None, :, 0],
        f32(2, 3, 4),
        source="x0[:, None, :, 0]",
    ),
    case("StridedSlice", lambda x: x[..., None, 1:], f32(2, 3, 4)),
    case("StridedSlice", lambda x: x[0, ..., ::2], i64(2, 3, 4, 5)),
    case("StridedSlice", lambda x: x[:, ::-1], f32(2, 5), source="x0.flip(1)"),
    case("StridedSlice", lambda x: x[:, 3:0:-1], f32(2, 5)),
    case("StridedSlice", lambda x: x[:, -2:-9:-2], f32(2, 5)),
    case("StridedSlice", lambda x: x[:, 9::-2], f32(2, 5)),
    case("StridedSlice", lambda x: x[:, 1:3:-1], f32(2, 5)),
    case("StridedSlice", lambda x: x[::-1, 4:1:-1, ::2], f32(2, 5, 4)),
    case("StridedSlice", lambda x: x[:, 2:-9], f32(2, 5)),
    case("StridedSlice", lambda x: x[:, -9:9], f32(2, 5)),
    case("StridedSlice", lambda x: x[-1], f32(2, 5)),
    case("StridedSlice", lambda x: x[: _n(x) - 1], f32(2, 5)),
    case("StridedSlice", lambda x, i: x[:, i], f32(2, 5), np.int32(3), batch=[0]),
    case(
        "StridedSlice", lambda x, i: x[:, i : i + 2], f32(2, 5), np.int32(1), batch=[0]
    ),
    case("StridedSlice", lambda x, i: x[:, :i:-1], f32(2, 5), np.int32(1), batch=[0]),
    case(
        "StridedSlice",
        lambda x, b: _raw_slice(x, b, [2, 4], [1, 1], end_mask=1),
        f32(2, 5),
        np.int32([0, 1]),
        batch=[0],
    ),
    case(
        "StridedSlice",
        lambda x: _raw_slice(
            x,
            [0, 9, 1],
            [0, 9, 3],
            [1, 1, 1],
            new_axis_mask=2,
            begin_mask=1,
            end_mask=1,
        ),
        f32(2, 5),
    ),
    case(
        "Slice", lambda x: tf.slice(x, [0, 1], [-1, 2]), f32(2, 5), source="x0[:, 1:3]"
    ),
    case("Slice", lambda x: tf.slice(x, [0, 1, 0], [-1, -1, 2]), f32(2, 3, 4)),
    case("Slice", lambda x: tf.slice(x, [0, 0], [_n(x), 2]), f32(2, 5)),
    case(
        "Slice",
        lambda x, b: tf.slice(x, b, [1, 2]),
        f32(2, 5),
        np.int32([1, 2]),
        batch=[],
    ),
    case(
        "Slice",
        lambda x, s: tf.slice(x, [0, 1], s),
        f32(2, 5),
        np.int32([2, 2]),
        batch=[],
    ),
    case(
        "Slice",
        lambda x, s: tf.slice(x, [0, 1], s),
        f32(2, 5),
        np.int32([1, -1]),  # all that is left
        batch=[],
    ),
    case(
        "TensorStridedSliceUpdate",
        lambda x, v: raw.TensorStridedSliceUpdate(
            input=x, begin=[0, 1], end=[2, 3], strides=[1, 1], value=v
        ),
        f32(2, 5),
        f32(2, 2),
        batch=[],
    ),
    case(
        "TensorStridedSliceUpdate",
        lambda x, v: raw.TensorStridedSliceUpdate(
            input=x,
            begin=[0, 4],
            end=[0, 0],
            strides=[1, -2],
            value=v,
            begin_mask=1,
            end_mask=1,
        ),
        f32(2, 5),
        f32(2, 2),
    ),
    case(
        "TensorStridedSliceUpdate",
        lambda x, v: raw.TensorStridedSliceUpdate(
            input=x, begin=[1], end=[2], strides=[1], value=v, shrink_axis_mask=1
        ),
        f32(3, 5),
        f32(5),
        batch=[],
    ),
    case(
        "StridedSliceGrad",
        lambda x, d: raw.StridedSliceGrad(
            shape=tf.shape(x),
            begin=[0, 3],
            end=[0, 0],
            strides=[1, -1],
            dy=d,
            begin_mask=1,
            end_mask=1,
        ),
        f32(2, 5),
        f32(2, 3),
    ),
]

IDS = np.int32([[0, 2, 1], [2, 0, 2]])
GATHERS = [
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i),
        f32(4, 5),
        i32(2, 3, low=0, high=3),
        batch=[1],
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i, axis=1),
        f32(2, 5),
        i64(3, low=0, high=4),
        batch=[0],
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i, axis=-1),
        f32(2, 3, 5),
        i32(2, 2, low=0, high=4),
        batch=[0],
    ),
    case(
        "GatherV2", lambda x: tf.gather(x, 1, axis=1), f32(2, 3, 5), source="x0[:, 1]"
    ),
    case(
        "GatherV2",
        lambda x: tf.gather(x, [2, 0], axis=1),
        f32(2, 3, 5),
        source="x0[:, [2, 0]]",
    ),
    case(
        "GatherV2",
        lambda x: tf.gather(x, [1, 2], axis=1),
        f32(2, 3, 5),
        source="x0[:, 1:3]",
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i, batch_dims=1),
        f32(2, 5),
        i32(2, 3, low=0, high=4),
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i, axis=1, batch_dims=1),
        f32(3, 5),
        i32(3, low=0, high=4),
        batch=[0, 1],
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i, axis=2, batch_dims=1),
        f32(2, 3, 5, 4),
        i32(2, 2, low=0, high=4),
        batch=[0, 1],
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i, axis=-1, batch_dims=-1),
        f32(2, 3, 5),
        i32(2, 3, 2, low=0, high=4),
    ),
    case("GatherV2", lambda x, i: tf.gather(x, i), f32(4, 5), np.int32(2), batch=[]),
    case(
        "GatherV2",
        lambda x, i: tf.gather(x, i),
        f32(4, 5),
        np.zeros((0,), np.int32),
        batch=[],
    ),
    case(
        "Gather",
        lambda x, i: raw.Gather(params=x, indices=i),
        f32(4, 5),
        i32(3, low=0, high=3),
        batch=[],
        grad=False,
    ),
    case("GatherNd", lambda x: tf.gather_nd(x, [[0, 1], [1, 0]]), f32(2, 3, 4)),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, i),
        f32(2, 3, 4),
        IDS[:, :2] % 2,
        batch=[1],
    ),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, i),
        f32(2, 3),
        np.int64([[[0, 1]], [[1, 2]]]),
        batch=[1],
    ),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, i),
        f32(4),
        np.int32([[1], [3]]),
        batch=[1],
    ),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, i),
        f32(2, 3),
        np.zeros((4, 0), np.int32),
        batch=[1],
        grad=False,
    ),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, i, batch_dims=1),
        f32(2, 3, 4),
        np.int32([[2], [0]]),
        batch=[0, 1],
    ),
    case(
        "InvertPermutation",
        lambda x: tf.math.invert_permutation(x),
        np.int32([2, 0, 3, 1]),
        batch=[],
    ),
]

ROWS = np.int32([[0], [2], [0]])
SCATTERS = [
    case("ScatterNd", lambda u: tf.scatter_nd(ROWS, u, [4, 5]), f32(3, 5), batch=[]),
    case(
        "ScatterNd",
        lambda i, u: tf.scatter_nd(i, u, [2, 3]),
        np.int32([[0, 1], [1, 2]]),
        i64(2),
        batch=[0, 1],
    ),
    case(
        "ScatterNd",
        lambda x, u: tf.scatter_nd(ROWS % 2, u, tf.shape(x)),
        f32(2, 5),
        f32(3, 5),
        batch=[0],
    ),
    case(
        "TensorScatterUpdate",
        lambda x, u: tf.tensor_scatter_nd_update(x, ROWS[:2], u),
        f32(4, 5),
        f32(2, 5),
        batch=[0],
    ),
    case(
        "TensorScatterAdd",
        lambda x, u: tf.tensor_scatter_nd_add(x, ROWS, u),
        f32(4, 5),
        f32(3, 5),
        batch=[0],
    ),
    case(
        "TensorScatterSub",
        lambda x, u: tf.tensor_scatter_nd_sub(x, ROWS, u),
        i32(4, 5),
        i32(3, 5),
        batch=[],
    ),
    case(
        "TensorScatterMax",
        lambda x, u: tf.tensor_scatter_nd_max(x, ROWS, u),
        f32(4, 5),
        f32(3, 5),
        batch=[],
    ),
    case(
        "TensorScatterMin",
        lambda x, u: tf.tensor_scatter_nd_min(x, [[0, 1], [2, 3]], u),
        f64(4, 5),
        f64(2),
        batch=[],
    ),
    case(
        "ScatterNdNonAliasingAdd",
        lambda x, u: raw.ScatterNdNonAliasingAdd(input=x, indices=ROWS, updates=u),
        f32(4, 5),
        f32(3, 5),
        batch=[],
    ),
    case(
        "InplaceUpdate",
        lambda x, v: raw.InplaceUpdate(x=x, i=[1, 0], v=v),
        f32(3, 2),
        f32(2, 2),
        grad=False,
        batch=[],
    ),
    case(
        "InplaceAdd",
        lambda x, v: raw.InplaceAdd(x=x, i=[1, 0], v=v),
        f32(3, 2),
        f32(2, 2),
        grad=False,
        batch=[],
    ),
    case(
        "InplaceSub",
        lambda x, v: raw.InplaceSub(x=x, i=[1, 0], v=v),
        i32(3, 2),
        i32(2, 2),
        grad=False,
        batch=[],
    ),
    case(
        "DynamicStitch",
        lambda x, y: tf.dynamic_stitch([[0, 3], [1, 2, 3]], [x, y]),
        f32(2, 5),
        f32(3, 5),
        batch=[],
    ),
    case(
        "DynamicStitch",
        lambda x, i: tf.dynamic_stitch([0, i], [x[0], x]),
        f32(2, 5),
        np.int32([2, 1]),
        batch=[],
    ),
    case(
        "DynamicPartition",
        lambda x, p: tf.dynamic_partition(x, p, 3),
        f32(4, 2),
        np.int32([0, 2, 0, 2]),
        batch=[],
    ),
    case(
        "ListDiff",
        lambda x, y: raw.ListDiff(x=x, y=y),
        np.int32([5, 1, 3, 1, 2]),
        np.int32([1, 7]),
        batch=[],
    ),
    case(
        "ListDiff",
        lambda x, y: raw.ListDiff(x=x, y=y, out_idx=tf.int64),
        np.float32([5, 1, 3]),
        np.float32([1]),
        batch=[],
    ),
]

HOT = [
    case(
        "OneHot",
        lambda i: tf.one_hot(i, 4),
        np.int32([[0, 3], [-1, 4]]),
        source="one_hot(x0, 4)",
    ),
    case("OneHot", lambda i: tf.one_hot(i, 4, 2.5, -1.0), np.int64([0, 3, 9])),
    case("OneHot", lambda i: tf.one_hot(i, 4, axis=1), np.int32([[0, 3], [1, 2]])),
    case(
        "OneHot",
        lambda i: tf.one_hot(i, 4, axis=0, dtype=tf.int32),
        np.int32([[0, 3], [1, 2]]),
    ),
    case("OneHot", lambda i: tf.one_hot(i, 3, True, False), ints("uint8", 4, high=4)),
    case(
        "OneHot",
        lambda i, d: tf.one_hot(i, d),
        np.int32([0, 3]),
        np.int32(5),
        batch=[0],
    ),
    case(
        "OneHot",
        lambda i, v: tf.one_hot(i, 3, v, -v),
        np.int32([0, 3]),
        np.float32(5),
        batch=[0],
        grad=False,
    ),
]

DTYPES = [
    case("StridedSlice", lambda x: x[:, ::-2], operand)
    for operand in (f16(2, 5), bf16(2, 5), c64(2, 5), bools(2, 5), ints("uint8", 2, 5))
] + [
    case("GatherV2", lambda x: tf.gather(x, [1, 0, 1], axis=1), operand)
    for operand in (f16(2, 5), c64(2, 5), bools(2, 5), ints("int8", 2, 5))
]

CASES = [*SLICES, *GATHERS, *SCATTERS, *HOT, *DTYPES]
