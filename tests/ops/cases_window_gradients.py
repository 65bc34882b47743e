"""Gradients of convolutions by their filter, and of pools."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops
PADDINGS = ("SAME", "VALID")


def length(size: int, kernel: int, stride: int, padding: str) -> int:
    return -(-(size if padding == "SAME" else size - kernel + 1) // stride)


def by_filter(
    stride: int,
    padding: str,
    groups: int = 1,
    explicit: Sequence[int] = (),
    any_size: bool = False,
) -> OpCase:
    sizes = [length(n, 3, stride, padding) for n in (9, 8)]
    if explicit:
        sizes = [(9 + 3 - 3) // stride + 1, (8 + 1 - 3) // stride + 1]

    def function(x: Any, grad: Any) -> Any:
        return raw.Conv2DBackpropFilter(
            input=x,
            filter_sizes=tf.constant([3, 3, 4 // groups, 6]),
            out_backprop=grad,
            strides=[1, stride, stride, 1],
            padding=padding,
            explicit_paddings=list(explicit),
        )

    return case(
        "Conv2DBackpropFilter",
        function,
        f32(2, 9, 8, 4),
        f32(2, *sizes, 6),
        all=any_size and groups == 1,
        atol=1e-5,
        grad=False,
    )


def depthwise(stride: int, padding: str) -> OpCase:
    sizes = [length(n, 3, stride, padding) for n in (9, 8)]
    return case(
        "DepthwiseConv2dNativeBackpropFilter",
        lambda x, grad: raw.DepthwiseConv2dNativeBackpropFilter(
            input=x,
            filter_sizes=tf.constant([3, 3, 4, 2]),
            out_backprop=grad,
            strides=[1, stride, stride, 1],
            padding=padding,
        ),
        f32(2, 9, 8, 4),
        f32(2, *sizes, 8),
        atol=1e-5,
        grad=False,
    )


def volume(stride: int, padding: str) -> OpCase:
    sizes = [length(n, 3, stride, padding) for n in (5, 6, 7)]
    return case(
        "Conv3DBackpropFilterV2",
        lambda x, grad: raw.Conv3DBackpropFilterV2(
            input=x,
            filter_sizes=tf.constant([3, 3, 3, 4, 2]),
            out_backprop=grad,
            strides=[1, stride, stride, stride, 1],
            padding=padding,
        ),
        f32(2, 5, 6, 7, 4),
        f32(2, *sizes, 2),
        atol=1e-5,
        grad=False,
    )


def max_pool(x: Any, kernel: int, stride: int, padding: str, op: str) -> OpCase:
    window = {"padding": padding}
    forward = {"ksize": [1, kernel, kernel, 1], "strides": [1, stride, stride, 1]}
    backward = forward
    if op.endswith("V2"):
        backward = {k: tf.constant(v) for k, v in forward.items()}
    sizes = [length(n, kernel, stride, padding) for n in (9, 8)]

    def function(x: Any, grad: Any) -> Any:
        y = raw.MaxPool(input=x, **forward, **window)
        return getattr(raw, op)(
            orig_input=x, orig_output=y, grad=grad, **backward, **window
        )

    arriving = x if op.startswith("MaxPoolGradGrad") else f32(2, *sizes, 3)
    return case(op, function, x, arriving, grad=False)


def avg_pool(kernel: int, stride: int, padding: str) -> OpCase:
    sizes = [length(n, kernel, stride, padding) for n in (9, 8)]
    return case(
        "AvgPoolGrad",
        lambda grad: raw.AvgPoolGrad(
            orig_input_shape=tf.stack([tf.shape(grad)[0], 9, 8, 3]),
            grad=grad,
            ksize=[1, kernel, kernel, 1],
            strides=[1, stride, stride, 1],
            padding=padding,
        ),
        f32(2, *sizes, 3),
        grad=False,
    )


def pool3d(op: str, padding: str) -> OpCase:
    sizes = [length(n, 3, 2, padding) for n in (5, 6, 7)]
    window = {"ksize": [1, 3, 3, 3, 1], "strides": [1, 2, 2, 2, 1], "padding": padding}

    def maximum(x: Any, grad: Any) -> Any:
        y = raw.MaxPool3D(input=x, **window)
        return raw.MaxPool3DGrad(orig_input=x, orig_output=y, grad=grad, **window)

    def average(x: Any, grad: Any) -> Any:
        return raw.AvgPool3DGrad(orig_input_shape=tf.shape(x), grad=grad, **window)

    function = maximum if op == "MaxPool3DGrad" else average
    return case(op, function, f32(2, 5, 6, 7, 2), f32(2, *sizes, 2), grad=False)


def second3d(padding: str) -> OpCase:
    window = {"ksize": [1, 3, 3, 3, 1], "strides": [1, 2, 2, 2, 1], "padding": padding}

    def function(x: Any, grad: Any) -> Any:
        y = raw.MaxPool3D(input=x, **window)
        return raw.MaxPool3DGradGrad(orig_input=x, orig_output=y, grad=grad, **window)

    operands = f32(2, 5, 6, 7, 2), f32(2, 5, 6, 7, 2)
    return case("MaxPool3DGradGrad", function, *operands, grad=False)


def argmax(padding: str, batch: bool) -> list[OpCase]:
    window = {"ksize": [1, 3, 2, 1], "strides": [1, 2, 2, 1], "padding": padding}
    window["include_batch_in_index"] = batch
    sizes = [length(9, 3, 2, padding), length(8, 2, 2, padding)]

    def forward(x: Any) -> Any:
        return raw.MaxPoolWithArgmax(input=x, **window)

    def narrow(x: Any) -> Any:
        return raw.MaxPoolWithArgmax(input=x, **window, Targmax=tf.int32)

    def backward(x: Any, grad: Any) -> Any:
        places = raw.MaxPoolWithArgmax(input=x, **window).argmax
        return raw.MaxPoolGradWithArgmax(input=x, grad=grad, argmax=places, **window)

    name, image = f"{padding}-{batch}", f32(2, 9, 8, 3)
    grad = f32(2, *sizes, 3)
    return [
        case("MaxPoolWithArgmax", forward, image, grad=(0,), name=name),
        case("MaxPoolWithArgmax", narrow, image, grad=False, name=f"{name}-int32"),
        case("MaxPoolGradWithArgmax", backward, image, grad, grad=False, name=name),
    ]


MAX_POOLS = ("MaxPoolGrad", "MaxPoolGradV2", "MaxPoolGradGrad", "MaxPoolGradGradV2")
TIES = np.ones((2, 9, 8, 3), "float32")
CASES = [
    *(by_filter(stride, padding) for stride, padding in product((1, 2), PADDINGS)),
    by_filter(2, "SAME", any_size=True),
    by_filter(1, "SAME", groups=2),
    by_filter(2, "EXPLICIT", explicit=(0, 0, 1, 2, 0, 1, 0, 0)),
    *(depthwise(stride, padding) for stride, padding in product((1, 2), PADDINGS)),
    *(volume(stride, padding) for stride, padding in product((1, 2), PADDINGS)),
    *(
        max_pool(f32(2, 9, 8, 3), kernel, stride, padding, op)
        for kernel, stride, padding in product((2, 3), (1, 2), PADDINGS)
        for op in (
            "MaxPoolGrad",
            "MaxPoolGradV2",
            "MaxPoolGradGrad",
            "MaxPoolGradGradV2",
        )
    ),
    max_pool(TIES, 3, 2, "SAME", "MaxPoolGradGrad"),
    *(second3d(padding) for padding in PADDINGS),
    max_pool(TIES, 3, 2, "SAME", "MaxPoolGrad"),
    *(
        avg_pool(kernel, stride, padding)
        for kernel, stride, padding in product((2, 3), (1, 2), PADDINGS)
    ),
    *(
        pool3d(op, padding)
        for op, padding in product(("MaxPool3DGrad", "AvgPool3DGrad"), PADDINGS)
    ),
    *(
        c
        for padding, batch in product(PADDINGS, (True, False))
        for c in argmax(padding, batch)
    ),
]
