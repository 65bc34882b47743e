"""Axes, paddings and sizes that only the run knows; tensors of unknown rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import bools, case, f32, f64, i32

raw = tf.raw_ops
AXIS = np.array(1, np.int32)
AXES = np.array([0, -1], np.int32)
NO_AXES = np.zeros(0, np.int32)
FILTER = np.random.default_rng(1).standard_normal((3, 3, 5, 3)).astype("float32")
ONES = np.ones((3, 3, 1, 1), np.float32)
NORM = [tf.Variable(np.linspace(0.5, i + 1, 5).astype("float32")) for i in range(4)]


def unranked(x: tf.Tensor) -> tf.Tensor:
    """``x``, of which TensorFlow no longer knows the rank."""
    return tf.compat.v1.placeholder_with_default(x, None)


def op(name: str, **attrs: Any) -> Any:
    return lambda x, axis: getattr(raw, name)(input=x, axis=axis, **attrs)


REDUCTIONS = ["Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm"]
CASES = [
    *(case(name, op(name), f32(3, 4, 2), AXIS, batch=[0]) for name in REDUCTIONS),
    *(case(name, op(name), f32(3, 4, 2), AXES) for name in REDUCTIONS),
    *(case(name, op(name, keep_dims=True), f64(3, 4), AXES) for name in REDUCTIONS),
    *(case(name, op(name), f32(3, 4), NO_AXES) for name in REDUCTIONS),
    *(
        case(name, lambda x, n=name: op(n)(unranked(x), [-1]), f32(3, 4))
        for name in REDUCTIONS
    ),
    case("Sum", op("Sum"), i32(3, 4), AXIS),
    case("Prod", op("Prod"), i32(3, 4, high=3), AXIS),
    case("Max", op("Max"), i32(3, 4), AXIS),
    case("All", op("All"), bools(3, 4), AXIS),
    case("Any", op("Any", keep_dims=True), bools(3, 4), AXES),
    case("Mean", op("Mean"), i32(3, 4), AXIS, declines="computed at run time"),
    case("Sum", lambda x: tf.reduce_sum(unranked(x)), f32(3, 4), source=".sum()"),
    case("Max", lambda x: tf.reduce_logsumexp(unranked(x)), f32(3, 4)),
    case("Sum", lambda x: op("Sum")(unranked(x), NO_AXES), f32(3, 4)),
    case("ArgMax", lambda x, a: tf.argmax(x, a), f32(3, 4), AXIS, batch=[0]),
    case("ArgMin", lambda x, a: tf.argmin(x, a, tf.int32), f32(3, 4), AXIS),
    case("Cumsum", lambda x, a: tf.cumsum(x, a, True, True), f32(3, 4), AXIS),
    case("Cumprod", lambda x, a: tf.math.cumprod(x, a), f32(3, 4), AXIS),
    case("ExpandDims", lambda x, a: tf.expand_dims(x, a), f32(3, 4), AXIS),
    case(
        "GatherV2",
        lambda x, i, a: tf.gather(x, i, axis=a),
        f32(3, 4, 2),
        i32(2, 2, low=0, high=3),
        AXIS,
    ),
    case(
        "GatherV2",
        lambda x, i: tf.gather(unranked(x), i, axis=-1),
        f32(3, 4, 2),
        i32(2, 2, low=0, high=1),
    ),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, unranked(i)),
        f32(3, 4, 2),
        np.array([[0, 1], [2, 3]], np.int32),
    ),
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, unranked(i)),
        f32(3, 4),
        np.zeros((2, 0), np.int32),
        grad=False,
    ),
    *(
        case(
            "MirrorPad",
            lambda x, p, m=mode: tf.pad(x, p, m),
            f32(3, 4),
            np.array([[1, 1], [2, 0]], np.int32),
        )
        for mode in ("REFLECT", "SYMMETRIC")
    ),
    case(
        "Select",
        lambda c, x, y: raw.Select(condition=c, x=unranked(x), y=y),
        bools(3),
        f32(3, 4),
        f32(3, 4),
    ),
    case(
        "Select",
        lambda c, x, y: raw.Select(condition=unranked(c), x=unranked(x), y=unranked(y)),
        bools(3, 4),
        f32(3, 4),
        f32(3, 4),
    ),
    case(
        "Slice",
        lambda x, b, s: tf.slice(unranked(x), unranked(b), unranked(s)),
        f32(2, 4),
        np.array([0, 1], np.int32),
        np.array([2, -1], np.int32),
    ),
    *(
        case(
            "Slice",
            lambda x, n, m: tf.slice(x, tf.stack([0, n]), tf.stack([m, 2])),
            f32(3, 4),
            np.array(1, np.int32),
            np.array(count, np.int32),
        )
        for count in (-1, 0, 2)
    ),
    *(
        case(
            "Conv2DBackpropInput",
            lambda x, s, p=padding: tf.nn.conv2d_transpose(x, FILTER, s, 2, p),
            f32(2, 4, 5, 3),
            np.array(sizes, np.int32),
            batch=[],
        )
        for padding, sizes in (("SAME", [2, 7, 10, 5]), ("VALID", [2, 10, 11, 5]))
    ),
    case(
        "RFFT",
        lambda x, n: tf.signal.rfft(x, n),
        f32(2, 9),
        np.array([6], np.int32),
        grad=False,
    ),
    case("Reshape", lambda x: tf.reshape(unranked(x), []), f32(1), dynamic=False),
    case("Cast", lambda x: tf.image.central_crop(x, 0.5), f32(2, 6, 8, 3), all=True),
    case(
        "IRFFT",
        lambda x: tf.signal.irfft(tf.signal.rfft(x)),
        f32(2, 8),
        all=True,
    ),
    case(
        "ShapeN",
        lambda x: tf.nn.depthwise_conv2d(
            x,
            tf.tile(ONES, [1, 1, tf.shape_n([x, x])[0][-1], 1]),
            [1, 1, 1, 1],
            "SAME",
        ),
        f32(2, 5, 4, 3),
        all=True,
    ),
    case(
        "CTCLossV2",
        lambda labels, x: tf.nn.ctc_loss(
            labels, x, [3, 2], [6, 5], logits_time_major=False, blank_index=0
        ),
        np.array([[1, 2, 3], [2, 1, 0]], np.int32),
        f32(2, 6, 4),
        batch=[],
        all=True,
        name="dense_of_any_length",
    ),
    case("While", lambda x: tf.linalg.expm(x), f32(2, 3, 3), all=True, name="expm"),
    case(
        "FusedBatchNormV3",
        lambda x: tf.compat.v1.nn.fused_batch_norm(
            x, *NORM, epsilon=1e-3, is_training=False
        )[0],
        f32(2, 3, 4, 5),
        name="trained_statistics",
    ),
    # Sizes of one axis and an offset are not those of another one.
    case("MirrorPad", lambda x: tf.image.sobel_edges(x), f32(2, 5, 4, 3), all=True),
    case("Squeeze", lambda x: tf.squeeze(x), f32(1, 3, 1), all=True),
    case("Tile", lambda x: tf.tile(x[:1], tf.shape(x)), f32(2, 3), all=True),
]

CASES += [  # no size is known, hence no rank of what the last axis of the indices says
    case(
        "GatherNd",
        lambda x, i: tf.gather_nd(x, i, batch_dims=1),
        f32(2, 4, 3),
        np.array([[[1], [0]], [[3], [2]]]),
        all=True,
    )
]
