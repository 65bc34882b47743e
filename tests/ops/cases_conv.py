"""Convolutions: padding, strides, dilations, groups, dtypes, symbolic sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, bf16, case, f16, f32, f64

raw = tf.raw_ops


def conv2d(
    stride: int | tuple[int, int] = 1,
    padding: str = "SAME",
    dilation: int = 1,
    explicit: Sequence[int] = (),
) -> Callable[..., Any]:
    rows, columns = (stride, stride) if isinstance(stride, int) else stride

    def function(x: Any, w: Any) -> Any:
        return raw.Conv2D(
            input=x,
            filter=w,
            strides=[1, rows, columns, 1],
            padding=padding,
            explicit_paddings=list(explicit),
            dilations=[1, dilation, dilation, 1],
        )

    return function


def with_filter(function: Callable[..., Any], *shape: int) -> Callable[[Any], Any]:
    """``function`` with a constant filter, whose size is static."""
    values = f32(*shape).value(3)
    return lambda x: function(x, tf.constant(values))


def windows() -> list[OpCase]:
    """Every padding of small windows, sizes static and not."""
    sizes = product((1, 2, 3), (1, 2, 3), ("SAME", "VALID"))
    return [
        case(
            "Conv2D",
            with_filter(conv2d(stride, padding), kernel, kernel, 3, 4),
            f32(2, 9, 8, 3),
            all=True,
            name=f"{kernel}x{kernel}-{stride}-{padding}",
        )
        for kernel, stride, padding in sizes
    ]


IMAGE, FILTER = (2, 9, 8, 4), (3, 3, 4, 6)
CONV2D = [
    case("Conv2D", conv2d(), f32(2, 7, 8, 3), f32(3, 3, 3, 4), batch=[0]),
    case("Conv2D", conv2d(), f64(*IMAGE), f64(*FILTER), batch=[0]),
    case("Conv2D", conv2d(), f16(*IMAGE), f16(*FILTER), batch=[0]),
    case("Conv2D", conv2d(), bf16(*IMAGE), bf16(*FILTER), batch=[0]),
    case("Conv2D", conv2d(2), f32(2, 8, 8, 3), f32(3, 3, 3, 4), batch=[0]),
    case("Conv2D", conv2d(2), f32(2, 7, 8, 3), f32(3, 3, 3, 4), batch=[0]),
    case("Conv2D", conv2d(), f32(2, 7, 8, 3), f32(2, 4, 3, 4), batch=[0]),
    case(
        "Conv2D", conv2d((2, 1), "VALID"), f32(2, 9, 8, 3), f32(2, 3, 3, 4), batch=[0]
    ),
    case("Conv2D", conv2d(dilation=2), f32(*IMAGE), f32(*FILTER), batch=[0]),
    case("Conv2D", conv2d(), f32(*IMAGE), f32(3, 3, 2, 6), batch=[0], name="groups"),
    case(
        "Conv2D",
        conv2d(2, "EXPLICIT", explicit=(0, 0, 1, 2, 0, 1, 0, 0)),
        f32(*IMAGE),
        f32(*FILTER),
        batch=[0],
    ),
    case("Conv2D", conv2d(3), f32(2, 8, 8, 4), f32(5, 5, 4, 6), batch=[0]),
    *windows(),
]


def conv3d(stride: int, padding: str) -> Callable[..., Any]:
    strides = [1, stride, stride, stride, 1]
    return lambda x, w: raw.Conv3D(input=x, filter=w, strides=strides, padding=padding)


CONV3D = [
    case(
        "Conv3D",
        conv3d(stride, padding),
        f32(2, 5, 6, 7, 3),
        f32(3, 2, 3, 3, 2),
        batch=[0],
        atol=1e-5,
    )
    for stride, padding in product((1, 2), ("SAME", "VALID"))
]


def depthwise(
    stride: int, dilation: int, padding: str, explicit: Sequence[int] = ()
) -> Callable[..., Any]:
    return lambda x, w: raw.DepthwiseConv2dNative(
        input=x,
        filter=w,
        strides=[1, stride, stride, 1],
        padding=padding,
        explicit_paddings=list(explicit),
        dilations=[1, dilation, dilation, 1],
    )


# TensorFlow's own gradient of a dilated depthwise convolution ignores the dilation.
DEPTHWISE = [
    case(
        "DepthwiseConv2dNative",
        depthwise(stride, dilation, padding),
        f32(2, 9, 8, 3),
        f32(3, 3, 3, multiplier),
        batch=[0],
        grad=dilation == 1,
        atol=1e-5,
    )
    for (stride, dilation), padding, multiplier in product(
        ((1, 1), (2, 1), (1, 2)), ("SAME", "VALID"), (1, 2)
    )
] + [
    case(
        "DepthwiseConv2dNative",
        depthwise(1, 1, "EXPLICIT", (0, 0, 1, 2, 0, 1, 0, 0)),
        f32(2, 9, 8, 3),
        f32(3, 3, 3, 2),
        batch=[0],
    )
]
GENERIC = [
    case(
        "Conv",
        lambda x, w: raw.Conv(input=x, filter=w, strides=[1, 2, 2, 1], padding="SAME"),
        f32(2, 9, 8, 3),
        f32(3, 3, 3, 2),
        batch=[0],
        grad=False,
    ),
    case(
        "Conv",
        lambda x, w: raw.Conv(
            input=x, filter=w, strides=[1, 1, 1, 1, 1], padding="SAME"
        ),
        f32(2, 5, 6, 7, 3),
        f32(3, 3, 3, 3, 2),
        batch=[0],
        grad=False,
    ),
]
CASES = CONV2D + CONV3D + DEPTHWISE + GENERIC
