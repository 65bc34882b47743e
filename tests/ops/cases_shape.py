"""Identities, reshapes, axes, sizes, joining, splitting, filling."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import bools, c64, case, f16, f32, f64, i32, i64, ints

raw = tf.raw_ops


def _n(x):
    return tf.shape(x)[0]


RESHAPES = [
    case(
        "Reshape", lambda x: tf.reshape(x, [-1, 12]), f32(2, 3, 4), source="flatten(1)"
    ),
    case(
        "Reshape",
        lambda x: tf.reshape(x, [_n(x), 12]),
        f32(2, 3, 4),
        source="flatten(1)",
    ),
    case(
        "Reshape",
        lambda x: tf.reshape(x, [_n(x), 3, 2, 2]),
        f32(2, 3, 4),
        source="unflatten(-1, (self.num_heads, -1))",
    ),
    case(
        "Reshape",
        lambda x: tf.reshape(x, [_n(x), 3, 1, 4]),
        f32(2, 3, 4),
        source="unsqueeze(2)",
    ),
    case(
        "Reshape",
        lambda x: tf.reshape(x, [-1, 4]),
        f32(2, 3, 4),
        source="flatten(0, 1)",
    ),
    case(
        "Reshape",
        lambda x: tf.reshape(x, [-1, 6, 2]),
        f32(2, 3, 4),
        source="reshape(-1, ",
    ),
    case("Reshape", lambda x: tf.reshape(x, [-1]), f32(2, 3, 4), source="x0.flatten()"),
    case("Reshape", lambda x: tf.reshape(x, []), f32(1, 1), dynamic=False),
    case("Reshape", lambda x: tf.reshape(x, tf.shape(x)), f32(2, 3), all=True),
    case(
        "Reshape",
        lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:2], [2, -1]], 0)),
        f32(2, 3, 4),
        all=True,
    ),
    case(
        "Reshape",
        lambda x: tf.reshape(x, [_n(x) * tf.shape(x)[1], 2, 2]),
        f32(2, 3, 4),
        all=True,
    ),
    case(
        "Reshape", lambda x, s: tf.reshape(x, s), f32(2, 3), np.int32([3, 2]), batch=[]
    ),
    case(
        "Reshape",
        lambda x, n: tf.reshape(x, [n, 3]),
        f32(2, 3),
        np.int32(2),
        batch=[],
    ),
    case("Reshape", lambda x: tf.reshape(x, [0, 5]), f32(0, 3), dynamic=False),
    case("Reshape", lambda x: tf.reshape(x, [-1, 6]), i64(2, 3, 4)),
    case("ExpandDims", lambda x: tf.expand_dims(x, -1), f32(2, 3)),
    case("ExpandDims", lambda x: tf.expand_dims(x, 0), bools(2, 3)),
    case("Squeeze", lambda x: tf.squeeze(x, [1, 3]), f32(2, 1, 3, 1)),
    case("Squeeze", lambda x: tf.squeeze(x, -1), f32(2, 3, 1)),
    case("Squeeze", lambda x: tf.squeeze(x), f32(2, 1, 3)),
    case("EnsureShape", lambda x: tf.ensure_shape(x, [None, 3]), f32(2, 3)),
    case("Transpose", lambda x: tf.transpose(x, [0, 2, 1]), f32(2, 3, 4)),
    case("Transpose", lambda x: tf.transpose(x, [0, 3, 1, 2]), f32(2, 3, 4, 5)),
    case("Transpose", lambda x: tf.transpose(x), f32(2, 3, 4)),
    case(
        "Transpose",
        lambda x, p: tf.transpose(x, p),
        f32(2, 3, 4),
        np.int32([1, 2, 0]),
        batch=[0],
    ),
    case(
        "ConjugateTranspose",
        lambda x: raw.ConjugateTranspose(x=x, perm=[1, 0]),
        c64(2, 3),
    ),
    case(
        "BroadcastTo",
        lambda x: tf.broadcast_to(x, [_n(x), 4, 3]),
        f32(2, 1, 3),
        source="x0.expand(-1, 4, -1)",
    ),
    case("BroadcastTo", lambda x: tf.broadcast_to(x, [4, _n(x), 3]), f32(2, 3)),
    case(
        "BroadcastTo",
        lambda x, s: tf.broadcast_to(x, s),
        f32(1, 3),
        np.int32([2, 3]),
        batch=[],
    ),
    case(
        "BroadcastArgs",
        lambda x, y: raw.BroadcastArgs(s0=x, s1=y),
        np.int32([2, 1, 3]),
        np.int32([4, 3]),
        batch=[],
    ),
]

SIZES = [
    case("Shape", lambda x: tf.shape(x), f32(2, 3, 4)),
    case("Shape", lambda x: tf.shape(x, out_type=tf.int64), f32(2, 3), all=True),
    case("ShapeN", lambda x: raw.ShapeN(input=[x, x[0]]), f32(2, 3), all=True),
    case("Size", lambda x: tf.size(x), f32(2, 3), all=True),
    case("Rank", lambda x: tf.rank(x), f32(2, 3), all=True),
    case("Shape", lambda x: x / tf.cast(tf.shape(x)[0], tf.float32), f32(2, 3)),
]

IDENTITIES = [
    case("Identity", lambda x: tf.identity(x) + 1.0, f32(2, 3)),
    case("IdentityN", lambda x, y: tf.identity_n([x, y])[1] * x, f32(2, 3), f32(2, 3)),
    case("StopGradient", lambda x: tf.stop_gradient(x) * x, f32(2, 3)),
    case(
        "Snapshot",
        lambda x: raw.Snapshot(input=tf.stop_gradient(x)) * x,
        f32(2, 3),
        grad=False,
    ),
    case("CheckNumerics", lambda x: tf.debugging.check_numerics(x, "bad"), f32(2, 3)),
    case(
        "PreventGradient",
        lambda x: raw.PreventGradient(input=x, message="no"),
        f32(2, 3),
        grad=False,
        source="prevent_gradient(x0)",
    ),
    case(
        "PlaceholderWithDefault",
        lambda x: raw.PlaceholderWithDefault(input=x, shape=[None, 3]) + 1.0,
        f32(2, 3),
        grad=False,
    ),
    case("Print", lambda x: raw.Print(input=x, data=[x], message="x"), f32(2, 3)),
    case(
        "DeepCopy",
        lambda x: raw.DeepCopy(x=tf.stop_gradient(x)) + 1.0,
        f32(2, 3),
        grad=False,
    ),
]

JOINING = [
    case("Pack", lambda x, y: tf.stack([x, y]), f32(2, 3), f32(2, 3)),
    case("Pack", lambda x, y: tf.stack([x, y, x], -1), f32(2, 3), f32(2, 3)),
    case("Pack", lambda x: tf.stack([x], 1), i32(2, 3)),
    case(
        "Pack",
        lambda x: tf.stack([tf.shape(x)[0], tf.cast(x[0, 0], tf.int32)]),
        f32(2, 3),
    ),
    case("Unpack", lambda x: tf.unstack(x, axis=1), f32(2, 3, 4)),
    case("Unpack", lambda x: tf.unstack(x, axis=-1), f32(2, 1)),
    case("ConcatV2", lambda x, y: tf.concat([x, y], -1), f32(2, 3), f32(2, 4)),
    case("ConcatV2", lambda x, y: tf.concat([x, y, y], 0), i32(2, 3), i32(2, 3)),
    case("ConcatV2", lambda x: tf.concat([x, tf.zeros([_n(x), 2])], 1), f32(2, 3)),
    case(
        "Concat",
        lambda x, y: raw.Concat(concat_dim=1, values=[x, y]),
        f32(2, 3),
        f32(2, 3),
    ),
    case(
        "ConcatOffset",
        lambda a, b: raw.ConcatOffset(concat_dim=1, shape=[a, b]),
        np.int32([2, 3]),
        np.int32([2, 5]),
        batch=[],
    ),
    case(
        "ParallelConcat",
        lambda x, y: raw.ParallelConcat(values=[x, y], shape=[2, 3]),
        f32(1, 3),
        f32(1, 3),
        batch=[],
        grad=False,
    ),
    case("Split", lambda x: tf.split(x, 3, 1), f32(2, 6), source=".chunk(3, dim=1)"),
    case("Split", lambda x: tf.split(x, 2, -1)[1], f32(2, 3, 4)),
    case("Split", lambda x: tf.split(x, 1, -1), f32(2, 3)),
    case("SplitV", lambda x: tf.split(x, [1, 2, 3], 1), f32(2, 6)),
    case("SplitV", lambda x: tf.split(x, [1, -1], -1), f32(2, 6)),
    case("SplitV", lambda x: tf.split(x, [1, -1], 0)[1], f32(4, 3)),
    case(
        "SplitV",
        lambda x, s: tf.split(x, s, 1),
        f32(2, 6),
        np.int32([2, -1]),
        batch=[0],
    ),
    case("Tile", lambda x: tf.tile(x, [1, 3]), f32(2, 4)),
    case(
        "Tile",
        lambda x: tf.tile(x, [1, 3, 1]),
        f32(2, 1, 4),
        source="x0.expand(-1, 3, -1)",
    ),
    case("Tile", lambda x: tf.tile(x[:1], [_n(x), 1]), f32(2, 3)),
    case("Tile", lambda x, m: tf.tile(x, m), f32(2, 3), np.int32([2, 1]), batch=[]),
]

FILLING = [
    case("Fill", lambda x: tf.fill([_n(x), 3], 2.5) + x, f32(2, 3)),
    case("Fill", lambda x: tf.zeros([_n(x), 3], tf.int64), f32(2, 3)),
    case("Fill", lambda x: tf.ones([_n(x), 3], tf.bool), f32(2, 3)),
    case("Fill", lambda x: tf.fill([_n(x), 3], x[0, 0]), f32(2, 3)),
    case("Fill", lambda s: tf.fill(s, 1.5), np.int32([2, 3]), batch=[]),
    case("Fill", lambda x: tf.fill([_n(x)], -0.0), f32(2, 3), signed=True),
    case("ZerosLike", lambda x: tf.zeros_like(x) + x, f32(2, 3)),
    case("OnesLike", lambda x: tf.ones_like(x), ints("uint8", 2, 3)),
    case("Range", lambda x: tf.range(_n(x)), f32(2, 3)),
    case("Range", lambda x: tf.range(2, _n(x) * 4, 3), f32(2, 3)),
    case("Range", lambda n: tf.range(n, delta=2), np.int64(7), batch=[]),
    case(
        "Range",
        lambda a, b: tf.range(a, b, 0.25),
        np.float32(1),
        np.float32(2),
        batch=[],
    ),
    case("Range", lambda n: tf.range(n, -3, -2), np.int32(6), batch=[]),
    case("LinSpace", lambda x: tf.linspace(0.0, 1.0, _n(x) + 3), f32(2, 3), grad=False),
    case(
        "LinSpace",
        lambda a, b: raw.LinSpace(start=a, stop=b, num=5),
        np.float32(1),
        np.float32(2),
        batch=[],
        grad=False,
    ),
    case(
        "Empty",
        lambda x: raw.Empty(shape=[_n(x), 2], dtype=tf.float32, init=True),
        f32(2, 3),
    ),
]

PADS = [
    case("Pad", lambda x: tf.pad(x, [[0, 0], [1, 2]]), f32(2, 3)),
    case("Pad", lambda x: tf.pad(x, [[1, 0], [0, 0], [2, 1]]), f32(2, 3, 4)),
    case("Pad", lambda x: tf.pad(x, [[0, 0], [0, 0]]), f32(2, 3)),
    case("Pad", lambda x: tf.pad(x, [[0, 0], [0, 4 - _n(x)]]), f32(2, 3)),
    case(
        "Pad",
        lambda x, p: tf.pad(x, p),
        f32(2, 3),
        np.int32([[1, 0], [2, 1]]),
        batch=[0],
    ),
    case("Pad", lambda x: tf.pad(x, [[0, 0], [1, 2]]), bools(2, 3)),
    case(
        "PadV2", lambda x: tf.pad(x, [[0, 0], [1, 2]], constant_values=-1.5), f16(2, 3)
    ),
    case("PadV2", lambda x: tf.pad(x, [[0, 0], [1, 2]], constant_values=7), i64(2, 3)),
    case(
        "PadV2",
        lambda x, v: raw.PadV2(input=x, paddings=[[0, 0], [1, 2]], constant_values=v),
        f32(2, 3),
        np.float32(2.5),
        batch=[0],
    ),
    case(
        "MirrorPad",
        lambda x: tf.pad(x, [[0, 0], [1, 2], [2, 1], [0, 0]], "REFLECT"),
        f32(2, 4, 5, 3),
    ),
    case("MirrorPad", lambda x: tf.pad(x, [[0, 0], [2, 1]], "REFLECT"), f32(2, 4)),
    case("MirrorPad", lambda x: tf.pad(x, [[0, 0], [2, 1]], "SYMMETRIC"), f64(2, 4)),
    case("MirrorPad", lambda x: tf.pad(x, [[1, 1], [2, 1]], "SYMMETRIC"), i32(2, 3)),
    case("MirrorPad", lambda x: tf.pad(x, [[1, 1], [2, 1]], "REFLECT"), f32(2, 3)),
    case(
        "MirrorPad",
        lambda x: tf.pad(x, [[0, 0], [1, 1], [0, 0]], "REFLECT"),
        f32(2, 3, 2),
    ),
]

GRADIENTS = [
    case(
        "BroadcastGradientArgs",
        lambda a, b: raw.BroadcastGradientArgs(s0=a, s1=b),
        np.int32(a),
        np.int32(b),
        batch=[],
    )
    for a, b in [([2, 1, 3], [1, 3]), ([1], [1]), ([1, 3], [2, 1]), ([5], [1, 5])]
] + [
    case(
        "MirrorPadGrad",
        lambda d, mode=mode: raw.MirrorPadGrad(
            input=d, paddings=[[0, 0], [2, 1]], mode=mode
        ),
        f32(2, 7),
    )
    for mode in ("REFLECT", "SYMMETRIC")
]

CASES = [*GRADIENTS, *RESHAPES, *SIZES, *IDENTITIES, *JOINING, *FILLING, *PADS]
