"""Random crops that keep an object: number for number, and many in distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32
from tests.ops.cases_stateless import SEEDS

raw = tf.raw_ops
STATELESS = "StatelessSampleDistortedBoundingBox"
MANY = 40
DRAWS = 1_500
ONE = np.array([[[0.1, 0.2, 0.6, 0.7]]], "f")
SOME = np.array([[[0, 0, 0.3, 0.2]], [[0.5, 0.6, 0.9, 1]], [[0.4, 0.4, 0.4, 0.9]]], "f")
EMPTY = np.array([[[0.5, 0.5, 0.5, 0.9], [0.9, 0.8, 0.2, 0.1]]], "f")
WHOLE = np.array([[[0, 0, 1, 1]]], "f")
NONE = np.zeros((1, 0, 4), "f")


def attributes(**given: Any) -> dict[str, Any]:
    return {
        "aspect_ratio_range": [0.75, 1.33],
        "area_range": [0.05, 1.0],
        "max_attempts": 100,
        "use_image_if_no_bounding_boxes": False,
        **given,
    }


def crops(size: Any, covered: float = 0.1, dtype: str = "int32", **given: Any) -> Any:
    """``MANY`` crops, whose seeds differ from ``seed`` by one each."""

    def run(boxes: tf.Tensor, seed: tf.Tensor) -> list[tf.Tensor]:
        drawn = [
            raw.StatelessSampleDistortedBoundingBox(
                image_size=tf.constant(size, dtype),
                bounding_boxes=boxes,
                min_object_covered=covered,
                seed=seed + [i, 0],
                **attributes(**given),
            )
            for i in range(MANY)
        ]
        return [tf.stack([d[k] for d in drawn]) for k in range(3)]

    return run


def exact(boxes: np.ndarray, size: Any, *more: Any, seed: int = 0, **given: Any) -> Any:
    function = crops(size, *more, **given)
    return case(
        STATELESS, function, boxes, SEEDS[seed], grad=False, atol=0, dynamic=False
    )


def operands(image: Any, boxes: Any, covered: Any, seed: Any) -> list[tf.Tensor]:
    """Of an image of unknown size, whose crop is taken."""
    begin, size, box = raw.StatelessSampleDistortedBoundingBox(
        image_size=tf.shape(image),
        bounding_boxes=boxes,
        min_object_covered=covered,
        seed=seed,
        **attributes(),
    )
    return [tf.slice(image, begin, size), box]


def shares(op: str, seed: int, covered: float, **given: Any) -> Any:
    """Means and deviations of many crops, and how often the first row is in."""

    def run(boxes: tf.Tensor) -> list[tf.Tensor]:
        first = op == "SampleDistortedBoundingBox"
        by_value = {} if first else {"min_object_covered": covered}
        by_attr = {"min_object_covered": covered} if first else {}

        def one(_: tf.Tensor) -> tf.Tensor:
            begin, size, box = getattr(raw, op)(
                image_size=[30, 44, 3],
                bounding_boxes=boxes,
                seed=seed,
                seed2=seed,
                **by_value,
                **attributes(**by_attr, **given),
            )
            scaled = [tf.cast(t[:2], "float32") / [30.0, 44.0] for t in (begin, size)]
            return tf.concat([*scaled, box[0, 0]], 0)

        drawn = tf.map_fn(one, tf.zeros([DRAWS]))
        low = tf.reduce_mean(tf.cast(drawn < 0.2, "float32"), 0)
        return [tf.reduce_mean(drawn, 0), tf.math.reduce_std(drawn, 0), low]

    return run


def alike(op: str, boxes: Any, seed: int, covered: float, **given: Any) -> OpCase:
    function = shares(op, seed, covered, **given)
    return case(op, function, boxes, grad=False, atol=0.06, dynamic=False)


# So wide that many a 32-bit word is rejected: 2³² is 2.9 times its places.
WIDE = {"aspect_ratio_range": [1e6, 9e7], "area_range": [1e-4, 1.0]}
CASES: list[OpCase] = [
    exact(ONE, [40, 50, 3]),
    exact(ONE, [7, 5, 1], seed=1),
    exact(SOME, [64, 33, 3], 0.5, "int64", seed=2),
    exact(SOME, [33, 64, 3], 1.0, "int64", area_range=[0.3, 0.9]),
    exact(ONE, [200, 90, 3], 0.3, "uint8", seed=1),
    exact(ONE, [90, 120, 3], 0.0, "int8", aspect_ratio_range=[0.3, 3.5]),
    exact(NONE, [20, 30, 3], 0.7, "int16", use_image_if_no_bounding_boxes=True),
    exact(NONE[:0], [333, 500, 3], use_image_if_no_bounding_boxes=True),
    exact(ONE, [333, 500, 3], 0.9, use_image_if_no_bounding_boxes=True, max_attempts=2),
    # What no crop can do leaves the whole image.
    exact(ONE, [40, 50, 3], 1.5),
    exact(EMPTY, [40, 50, 3], 0.0),
    exact(ONE, [40, 50, 3], area_range=[0.9, 0.5]),
    exact(ONE, [40, 400, 3], area_range=[0.8, 1.0]),
    exact(ONE, [2, 2, 1], area_range=[0.3, 0.4]),
    exact(ONE, [1, 1, 1]),
    exact(ONE, [0, 5, 1]),
    # Ratios in descending order, and single ones.
    exact(ONE, [40, 50, 3], aspect_ratio_range=[1.33, 0.75]),
    exact(ONE, [300, 211, 3], aspect_ratio_range=[0.7, 0.7], area_range=[0.01, 1.0]),
    exact(ONE, [50, 50, 3], aspect_ratio_range=[1.0, 1.0], area_range=[0.25, 0.25]),
    exact(WHOLE, [1, 1_480_000_000, 3], 0.001, **WIDE),
    case(
        STATELESS,
        operands,
        f32(24, 31, 3),
        SOME,
        np.float32(0.4),
        SEEDS[2],
        grad=False,
        batch=[0],
    ),
    case(
        STATELESS,
        operands,
        f32(24, 31, 3),
        ONE,
        np.float32(0.1),
        SEEDS[1],
        grad=False,
        batch=[],
        all=True,
    ),
    *(
        alike(f"SampleDistortedBoundingBox{version}", SOME, seed, 0.6, max_attempts=20)
        for version in ("", "V2")
        for seed in (0, 7)
    ),
    alike(
        "SampleDistortedBoundingBoxV2",
        NONE,
        0,
        0.1,
        area_range=[0.2, 0.5],
        aspect_ratio_range=[0.5, 2.0],
        use_image_if_no_bounding_boxes=True,
    ),
    alike("SampleDistortedBoundingBox", ONE, 0, 1.5, max_attempts=3),
]
