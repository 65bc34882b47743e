"""Each difference of tf2torch/rules/differences.py is there, as it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tf2torch.rules import all_rules
from tf2torch.rules.differences import DIFFERENCES

nan, inf = np.nan, np.inf


@dataclass(frozen=True)
class Point:
    """What both sides give for ``x``, or as gradient of the sum there."""

    op: str
    function: Callable[[Any], Any]
    x: Any
    theirs: Any
    ours: Any
    gradient: bool = False
    dtype: str = "float32"


def pool(x: Any) -> Any:
    return tf.nn.max_pool1d(x[None, :, None], 2, 2, "VALID")[0, :, 0]


def argmax_pool(x: Any) -> Any:
    window = [1, 2, 1, 1]
    found = tf.nn.max_pool_with_argmax(x[None, :, None, None], window, window, "VALID")
    return found.output[0, :, 0, 0]


def pool3d(x: Any) -> Any:
    window = [1, 2, 1, 1, 1]
    made = tf.nn.max_pool3d(x[None, :, None, None, None], window, window, "VALID")
    return made[0, :, 0, 0, 0]


def dilate(x: Any) -> Any:
    steps = [1, 1, 1, 1]
    image, filters = x[None, :, None, None], tf.zeros([2, 1, 1], x.dtype)
    made = tf.nn.dilation2d(image, filters, steps, "VALID", "NHWC", steps)
    return made[0, :, 0, 0]


def scatter(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: function(x[:1], [[0]], x[1:])


def segment(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """Of eight columns, since TensorFlow reduces one column in another way."""
    return lambda x: function(tf.tile(x[:, None], [1, 8]), np.zeros(2, np.int32))


def search(x: Any) -> Any:
    return tf.raw_ops.LowerBound(sorted_inputs=[[0.0, 1.0]], values=x[None])[0]


def bound(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: function(tf.zeros_like(x), x)


def parts(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: function(x[0], x[1])


raw = tf.raw_ops
POINTS = [
    Point("MaxPool", pool, [1, nan], 1, nan),
    Point("MaxPoolWithArgmax", argmax_pool, [1, nan], 1, nan),
    Point("MaxPool3D", pool3d, [1, nan], 1, nan),
    Point("Dilation2D", dilate, [1, nan], 1, nan),
    Point("SegmentMax", segment(tf.math.segment_max), [1, nan], 1, nan),
    Point("SegmentMin", segment(tf.math.segment_min), [1, nan], 1, nan),
    Point("TensorScatterMax", scatter(tf.tensor_scatter_nd_max), [1, nan], 1, nan),
    Point("TensorScatterMin", scatter(tf.tensor_scatter_nd_min), [1, nan], 1, nan),
    Point("Softmax", tf.nn.softmax, [1, nan], [0, nan], nan),
    Point("TopKV2", lambda x: tf.math.top_k(x, 1)[0], [1, nan], 1, nan),
    Point("ApproxTopK", lambda x: tf.math.approx_max_k(x, 1)[0], [1, nan], 1, nan),
    Point("LowerBound", search, [nan], 0, 2),
    Point("Relu", tf.nn.relu, [nan], 0, 1, gradient=True),
    Point("Relu6", tf.nn.relu6, [nan], 0, 1, gradient=True),
    Point("Maximum", bound(tf.maximum), [nan], 1, 0, gradient=True),
    Point("Minimum", bound(tf.minimum), [nan], 1, 0, gradient=True),
    Point("Abs", tf.abs, [nan], nan, 0, gradient=True),
    Point("Softsign", tf.nn.softsign, [inf], 0, nan, gradient=True),
    Point("Erfc", tf.nn.gelu, [inf] * 8, inf, nan),
    Point("Erf", tf.math.erf, [inf, -inf], nan, [1, -1], dtype="float64"),
    Point("Acosh", tf.acosh, [-1.25], nan, 4 / 3, gradient=True),
    Point("Lgamma", tf.math.lgamma, [0], nan, -inf, gradient=True),
    Point("Digamma", tf.math.digamma, [-20.5], -0.04761, 9.821995, gradient=True),
    Point("Zeta", lambda x: tf.math.zeta([3.0], x), [0], nan, inf),
    Point("Polygamma", lambda x: tf.math.polygamma([2.0], x), [0], nan, -inf),
    Point("BesselI1", tf.math.bessel_i1, [0], 1, 0.5, gradient=True),
    Point("Dawsn", tf.math.special.dawsn, [-1e10], 5e-11, -5e-11),
    Point("Atan2", parts(tf.atan2), [0, 0], nan, 0, gradient=True),
    Point("Cumprod", tf.math.cumprod, [2, 0, 3], [1, 0, 0], [1, 8, 0], gradient=True),
    Point("FloorMod", lambda x: x % 0.5, [3e38] * 16, 0, nan),
    Point("Mul", lambda x: x * 0.5, [1.2e-38], 0, 6e-39),
]


@pytest.mark.parametrize("point", POINTS, ids=[p.op for p in POINTS])
def test_difference(point: Point) -> None:
    from tests.ops.runner import Port, to_torch

    x = np.asarray(point.x, point.dtype)
    spec = tf.TensorSpec(x.shape, x.dtype)
    concrete = tf.function(point.function).get_concrete_function(spec)
    theirs, ours = tf.constant(x), to_torch(x, point.dtype)
    with tf.GradientTape() as tape:
        tape.watch(theirs)
        want = concrete(theirs)
    (got,) = Port(concrete)(ours.requires_grad_(point.gradient))
    if point.gradient:
        want = tape.gradient(want, theirs)
        got.sum().backward()
        got = ours.grad
    close = {"rtol": 1e-5, "atol": 1e-42, "equal_nan": True}
    expected = np.broadcast_to(point.theirs, want.shape)
    np.testing.assert_allclose(want.numpy(), expected, **close)
    expected = np.broadcast_to(point.ours, want.shape)
    np.testing.assert_allclose(got.detach().numpy(), expected, **close)


def test_no_extreme_of_an_axis_that_turns_out_empty() -> None:
    import torch

    from tests.ops.runner import Port

    spec = tf.TensorSpec([2, None], tf.float32)
    concrete = tf.function(lambda x: tf.reduce_max(x, 1)).get_concrete_function(spec)
    assert np.all(concrete(tf.zeros([2, 0])).numpy() == -inf)
    with pytest.raises(IndexError, match="non-zero size"):
        Port(concrete)(torch.zeros(2, 0))


def test_each_difference_is_shown() -> None:
    """The ops are real ones, and at least one of each line is a point above."""
    shown = {point.op for point in POINTS} | {"Max"}  # which has its own test
    for difference in DIFFERENCES:
        ops = set(difference.ops.split())
        assert ops <= set(all_rules().rules)
        assert ops & shown
