"""Transposed convolutions: what is cut and what is added at the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops


def fixed(
    size: tuple[int, int],
    kernel: int,
    stride: int,
    padding: str,
    dilation: int = 1,
    explicit: Sequence[int] = (),
) -> OpCase:
    """[2, 4, 5, 3] → [2, *size, 4]"""

    def function(grad: Any, w: Any) -> Any:
        return raw.Conv2DBackpropInput(
            input_sizes=tf.constant([2, *size, 4]),
            filter=w,
            out_backprop=grad,
            strides=[1, stride, stride, 1],
            padding=padding,
            dilations=[1, dilation, dilation, 1],
            explicit_paddings=list(explicit),
        )

    return case(
        "Conv2DBackpropInput",
        function,
        f32(2, 4, 5, 3),
        f32(kernel, kernel, 4, 3),
        dynamic=False,
    )


def like_keras(kernel: int, stride: int, padding: str) -> OpCase:
    """Sizes computed from the input's, as Keras's Conv2DTranspose does."""
    values = f32(kernel, kernel, 4, 3).value(3)
    more = max(kernel - stride, 0) if padding == "VALID" else 0

    def function(x: Any) -> Any:
        shape = tf.shape(x)
        rows, columns = shape[1] * stride + more, shape[2] * stride + more
        return raw.Conv2DBackpropInput(
            input_sizes=tf.stack([shape[0], rows, columns, 4]),
            filter=tf.constant(values),
            out_backprop=x,
            strides=[1, stride, stride, 1],
            padding=padding,
        )

    return case(
        "Conv2DBackpropInput",
        function,
        f32(2, 4, 5, 3),
        all=True,
        name=f"keras-{kernel}-{stride}-{padding}",
    )


CASES = [
    fixed((8, 10), 3, 2, "SAME"),
    fixed((7, 9), 3, 2, "SAME"),
    fixed((4, 5), 3, 1, "SAME"),
    fixed((8, 10), 2, 2, "SAME"),
    fixed((8, 10), 4, 2, "SAME"),
    fixed((8, 10), 5, 2, "SAME"),
    fixed((8, 10), 1, 2, "SAME"),
    fixed((12, 15), 1, 3, "SAME"),
    fixed((9, 11), 3, 2, "VALID"),
    fixed((10, 12), 3, 2, "VALID"),
    fixed((4, 5), 3, 1, "SAME", dilation=2),
    fixed((8, 10), 3, 2, "EXPLICIT", explicit=(0, 0, 1, 0, 0, 1, 0, 0)),
    *(
        like_keras(kernel, stride, padding)
        for kernel, stride, padding in product((1, 2, 3, 4), (1, 2), ("SAME", "VALID"))
    ),
    case(
        "Conv3DBackpropInputV2",
        lambda grad, w: raw.Conv3DBackpropInputV2(
            input_sizes=tf.constant([2, 8, 8, 8, 4]),
            filter=w,
            out_backprop=grad,
            strides=[1, 2, 2, 2, 1],
            padding="SAME",
        ),
        f32(2, 4, 4, 4, 3),
        f32(3, 3, 3, 4, 3),
        dynamic=False,
        atol=1e-5,
    ),
    case(
        "DepthwiseConv2dNativeBackpropInput",
        lambda grad, w: raw.DepthwiseConv2dNativeBackpropInput(
            input_sizes=tf.constant([2, 8, 8, 3]),
            filter=w,
            out_backprop=grad,
            strides=[1, 2, 2, 1],
            padding="SAME",
        ),
        f32(2, 4, 4, 6),
        f32(3, 3, 3, 2),
        dynamic=False,
    ),
]
