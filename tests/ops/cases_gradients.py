"""Gradient ops by name, which are functions like any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f16, f32, f64

raw = tf.raw_ops
INF = float("inf")
PLACES = np.array([-INF, -7, -1.5, -0.0, 0.0, 0.5, 6.0, 7.0, INF], "float32")
RESULTS = np.array([-0.9, -0.2, 0.0, 0.3, 5.0], "float32")


def elementwise(op: str, name: str, places: np.ndarray, **given: Any) -> list[OpCase]:
    function = lambda g, x: getattr(raw, op)(  # noqa: E731
        gradients=g, **{name: x}, **given
    )
    wide = places.astype("float64")
    return [
        case(op, function, f32(len(places)), places, grad=False),
        case(op, function, f64(len(places)), wide, grad=False),
        case(op, function, f16(2, 3), f16(2, 3), grad=False),
    ]


def bias(data_format: str, *shape: int) -> OpCase:
    return case(
        "BiasAddGrad",
        lambda g: raw.BiasAddGrad(out_backprop=g, data_format=data_format),
        f32(*shape),
    )


def batch_norm(op: str, x: Any, training: bool, data_format: str = "NHWC") -> OpCase:
    def function(grad: Any, x: Any, scale: Any, mean: Any, variance: Any) -> Any:
        spaces = {"reserve_space_1": mean, "reserve_space_2": variance}
        if op.endswith("V3"):
            spaces["reserve_space_3"] = tf.zeros([0])
        return getattr(raw, op)(
            y_backprop=grad,
            x=x,
            scale=scale,
            **spaces,
            epsilon=1e-3,
            is_training=training,
            data_format=data_format,
        )[:3]

    vectors = [f32(x.shape[-1], low=0.5, high=1.5) for _ in range(3)]
    return case(op, function, x, x, *vectors, batch=[0, 1], grad=False, atol=1e-5)


CASES = [
    *elementwise("ReluGrad", "features", PLACES),
    *elementwise("Relu6Grad", "features", PLACES),
    *elementwise("EluGrad", "outputs", RESULTS),
    *elementwise("SeluGrad", "outputs", RESULTS),
    *elementwise("LeakyReluGrad", "features", PLACES, alpha=0.3),
    *elementwise("SoftplusGrad", "features", PLACES),
    *elementwise("SoftsignGrad", "features", PLACES),
    bias("NHWC", 2, 3),
    bias("NHWC", 2, 3, 4, 5),
    bias("NCHW", 2, 3, 4, 5),
    bias("NCHW", 2, 3, 4),
    *(
        batch_norm("FusedBatchNormGradV3", f32(2, 4, 5, 3), training)
        for training in (True, False)
    ),
    batch_norm("FusedBatchNormGrad", f32(2, 4, 5, 3), True),
    batch_norm("FusedBatchNormGradV3", f32(2, 3, 4, 5, 3), True, "NDHWC"),
    case(
        "LRNGrad",
        lambda g, x: raw.LRNGrad(
            input_grads=g,
            input_image=x,
            output_image=raw.LRN(
                input=x, depth_radius=2, bias=1.5, alpha=0.3, beta=0.75
            ),
            depth_radius=2,
            bias=1.5,
            alpha=0.3,
            beta=0.75,
        ),
        f32(2, 3, 4, 7),
        f32(2, 3, 4, 7),
        grad=False,
    ),
]
