"""Gradient ops of resizing and cropping."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64

raw = tf.raw_ops
MODES = {"legacy": {}, "corners": {"align_corners": True}}
MODES |= {"half": {"half_pixel_centers": True}}
BOXES = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], [-0.5, 0.3, 1.3, 0.6]], "float32")
INDEX = np.array([0, 1, 1], "int32")


def by_image(op: str, image: Any, size: Sequence[int], mode: str) -> OpCase:
    return case(
        op,
        lambda grad, x: getattr(raw, op)(grads=grad, original_image=x, **MODES[mode]),
        f32(2, *size, 3),
        image,
        grad=False,
        atol=1e-5,
        name=f"{mode}-{size[0]}-{image.dtype}",
    )


def nearest(size: Sequence[int], mode: str) -> OpCase:
    return case(
        "ResizeNearestNeighborGrad",
        lambda grad: raw.ResizeNearestNeighborGrad(
            grads=grad, size=tf.constant([5, 6]), **MODES[mode]
        ),
        f32(2, *size, 3),
        grad=False,
        name=f"{mode}-{size[0]}",
    )


def translated(kernel: str, antialias: bool) -> OpCase:
    return case(
        "ScaleAndTranslateGrad",
        lambda grad, x: raw.ScaleAndTranslateGrad(
            grads=grad,
            original_image=x,
            scale=tf.constant([1.5, 0.6]),
            translation=tf.constant([0.3, -1.2]),
            kernel_type=kernel,
            antialias=antialias,
        ),
        f32(2, 7, 4, 3),
        f32(2, 5, 6, 3),
        grad=False,
        atol=1e-5,
        name=f"{kernel}-{antialias}",
    )


def crop_image(method: str) -> OpCase:
    return case(
        "CropAndResizeGradImage",
        lambda grad: raw.CropAndResizeGradImage(
            grads=grad,
            boxes=tf.constant(BOXES),
            box_ind=tf.constant(INDEX),
            image_size=tf.constant([2, 6, 7, 3]),
            T=tf.float32,
            method=method,
        ),
        f32(3, 4, 5, 3),
        dynamic=False,
        grad=False,
        name=method,
    )


SIZES = ((10, 12), (3, 4))
CASES = [
    *(
        by_image(op, f32(2, 5, 6, 3), size, mode)
        for op, size, mode in product(
            ("ResizeBilinearGrad", "ResizeBicubicGrad"), SIZES, MODES
        )
    ),
    by_image("ResizeBilinearGrad", f64(2, 5, 6, 3), (10, 12), "half"),
    *(nearest(size, mode) for size, mode in product(SIZES, MODES)),
    *(
        translated(kernel, antialias)
        for kernel, antialias in product(("triangle", "lanczos3"), (True, False))
    ),
    crop_image("bilinear"),
    crop_image("nearest"),
    case(
        "CropAndResizeGradBoxes",
        lambda grad, image, boxes: raw.CropAndResizeGradBoxes(
            grads=grad, image=image, boxes=boxes, box_ind=tf.constant(INDEX)
        ),
        f32(3, 4, 5, 3),
        f32(2, 6, 7, 3),
        BOXES,
        dynamic=False,
        grad=False,
        atol=1e-5,
    ),
]
