"""Boxes drawn into images, some partly or wholly outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops
BOXES = np.array(
    [
        [[0.1, 0.2, 0.8, 0.9], [-0.5, 0.3, 0.5, 1.4], [0, 0, 1, 1]],
        [[0.5, 0.5, 0.5, 0.5], [0.9, 0.1, 0.2, 0.7], [1.5, 1.5, 2, 2]],
    ],
    "float32",
)


def draw(channels: int, colors: Any = None) -> OpCase:
    def function(images: Any, boxes: Any) -> Any:
        if colors is None:
            return raw.DrawBoundingBoxes(images=images, boxes=boxes)
        return raw.DrawBoundingBoxesV2(
            images=images, boxes=boxes, colors=tf.constant(colors)
        )

    op = "DrawBoundingBoxes" if colors is None else "DrawBoundingBoxesV2"
    image = f32(2, 9, 11, channels, low=0.0)
    return case(op, function, image, BOXES, batch=[0, 1], grad=False)


CASES = [
    draw(1),
    draw(3),
    draw(4),
    draw(3, np.array([[0.2, 0.3, 0.4], [0.5, 0.6, 0.7]], "float32")),
]
