"""Resizing in every mode, up and down, static and not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, case, f16, f32, f64, ints

raw = tf.raw_ops
MODES = {"legacy": {}, "corners": {"align_corners": True}}
MODES |= {"half": {"half_pixel_centers": True}}
OPS = ("ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic")
IMAGE = (2, 5, 6, 3)


def resize(op: str, x: Any, size: Sequence[int], mode: str, **more: Any) -> OpCase:
    name = f"{mode}-{'x'.join(map(str, size))}-{x.dtype}"
    return case(
        op,
        lambda x: getattr(raw, op)(images=x, size=tf.constant(size), **MODES[mode]),
        x,
        name=name,
        atol=None if x.dtype == "float16" else 1e-5,
        **more,
    )


def twice(op: str, mode: str) -> OpCase:
    """The new size computed from the old one, as upsampling layers do."""

    def function(x: Any) -> Any:
        size = tf.shape(x)[1:3] * 2
        return getattr(raw, op)(images=x, size=size, **MODES[mode])

    return case(op, function, f32(*IMAGE), all=True, name=f"{mode}-twice", atol=1e-5)


def translated(
    kernel: str, antialias: bool, scale: Sequence[float], shift: Sequence[float]
) -> OpCase:
    return case(
        "ScaleAndTranslate",
        lambda x: raw.ScaleAndTranslate(
            images=x,
            size=tf.constant([7, 4]),
            scale=tf.constant(scale),
            translation=tf.constant(shift),
            kernel_type=kernel,
            antialias=antialias,
        ),
        f32(*IMAGE),
        atol=1e-5,
        name=f"{kernel}-{antialias}-{shift[0]}",
    )


KERNELS = ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle")
KERNELS += ("keyscubic", "mitchellcubic")
SIZES = ((10, 12), (3, 4), (7, 5), (1, 1))
CASES = [
    *(
        resize(op, f32(*IMAGE), size, mode)
        for op, size, mode in product(OPS, SIZES, MODES)
    ),
    *(
        resize(op, x, (10, 12), mode)
        for op, mode in product(OPS, MODES)
        for x in (f64(*IMAGE), f16(*IMAGE))
        if op == "ResizeNearestNeighbor"
    ),
    *(
        resize(op, ints(dtype, *IMAGE), (7, 12), mode)
        for op, mode in product(OPS, MODES)
        for dtype in ("uint8", "int32", "int64")
    ),
    *(twice(op, mode) for op, mode in product(OPS, MODES)),
    *(
        resize("ResizeArea", f32(*IMAGE), size, mode, grad=False)
        for size in ((10, 12), (3, 4), (1, 2))
        for mode in ("legacy", "corners")
    ),
    *(
        translated(kernel, antialias, *place)
        for kernel, antialias in product(KERNELS, (True, False))
        for place in (((1.5, 0.6), (0.3, -1.2)), ((7 / 5, 4 / 6), (0.0, 0.0)))
    ),
    case(
        "ScaleAndTranslate",
        lambda x: tf.image.resize(x, [7, 4], method="lanczos3", antialias=True),
        f32(*IMAGE),
        atol=1e-5,
        name="image.resize",
    ),
]
