"""Crops by box and projective transforms."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64, i32, ints

raw = tf.raw_ops
IMAGE = (2, 6, 7, 3)
BOXES = np.array(
    [[0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], [-0.5, 0.3, 1.3, 0.6], [0.9, 0.8, 0.1, 0.2]],
    "float32",
)
INDEX = np.array([0, 1, 1, 0], "int32")


def crop(
    image: Any, size: tuple[int, int], method: str, outside: float = 0.0
) -> OpCase:
    """TF sends a gradient to the boxes as if it were bilinear even when it is not."""

    def function(image: Any, boxes: Any) -> Any:
        return raw.CropAndResize(
            image=image,
            boxes=boxes,
            box_ind=tf.constant(INDEX),
            crop_size=tf.constant(size),
            method=method,
            extrapolation_value=outside,
        )

    grad = image.dtype != "uint8"
    return case("CropAndResize", function, image, BOXES, batch=[], grad=grad, atol=1e-5)


TRANSFORMS = {
    "shift": [1, 0, 0.7, 0, 1, -1.3, 0, 0],
    "turn": [0.8, 0.6, -1.2, -0.6, 0.8, 2.1, 0, 0],
    "tilt": [1.1, 0.1, -3, 0.2, 0.9, 1, 0.01, 0.02],
    "far": [2.5, 0, -9, 0, 3.1, -11, 0, 0],
}


def project(
    name: str, interpolation: str, fill: str, image: Any = None, version: int = 3
) -> OpCase:
    op = f"ImageProjectiveTransformV{version}"
    given = {"fill_value": tf.constant(0.5)} if version == 3 else {}

    def function(image: Any) -> Any:
        return getattr(raw, op)(
            images=image,
            transforms=tf.constant([TRANSFORMS[name]], tf.float32),
            output_shape=tf.constant([5, 8]),
            interpolation=interpolation,
            fill_mode=fill,
            **given,
        )

    label = f"{name}-{interpolation}-{fill}"
    return case(op, function, image or f32(*IMAGE), atol=2e-5, name=label)


MODES = tuple(
    product(("NEAREST", "BILINEAR"), ("CONSTANT", "REFLECT", "WRAP", "NEAREST"))
)
CASES = [
    *(
        crop(f32(*IMAGE), size, method)
        for size, method in product(((4, 5), (1, 1), (9, 1)), ("bilinear", "nearest"))
    ),
    crop(f32(*IMAGE), (4, 5), "bilinear", -2.0),
    crop(ints("uint8", *IMAGE, high=255), (4, 5), "bilinear"),
    *(project(name, *mode) for name, mode in product(TRANSFORMS, MODES)),
    project("turn", "BILINEAR", "REFLECT", f64(*IMAGE)),
    project("turn", "NEAREST", "CONSTANT", i32(*IMAGE), version=2),
]
