"""Non-maximum suppression in all its versions."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case

raw = tf.raw_ops


def boxes(count: int, seed: int = 0) -> np.ndarray:
    """Overlapping boxes, some with their corners swapped, one empty, two equal."""
    random = np.random.default_rng(seed)
    corner = random.random((count, 2)) * 0.5
    made = np.concatenate([corner, corner + 0.2 + 0.3 * random.random((count, 2))], 1)
    made[::5] = made[::5][:, [2, 3, 0, 1]]
    made[3, 2:] = made[3, :2]
    made[7] = made[6]
    return made.astype("float32")


def scores(*shape: int) -> np.ndarray:
    """Multiples of a tenth, so that some are equal."""
    random = np.random.default_rng(1)
    return (random.integers(1, 10, shape) / 10).astype("float32")


LIMITS = {"max_output_size": 8, "iou_threshold": 0.4}
FIXED = {"dynamic": False, "grad": False}


def nms(version: int, name: str = "", **given: Any) -> OpCase:
    op = f"NonMaxSuppressionV{version}"

    def function(b: Any, s: Any) -> Any:
        tensors = {
            k: v if isinstance(v, bool) else tf.constant(v)
            for k, v in (LIMITS | given).items()
        }
        return getattr(raw, op)(boxes=b, scores=s, **tensors)

    return case(op, function, boxes(20), scores(20), name=name, **FIXED)


def combined(name: str, classes: int, **given: Any) -> OpCase:
    shared = np.stack([boxes(20, seed) for seed in range(2 * classes)])
    shared = shared.reshape(2, classes, 20, 4).transpose(0, 2, 1, 3) * 1.4 - 0.2

    def function(b: Any, s: Any) -> Any:
        return raw.CombinedNonMaxSuppression(
            boxes=b,
            scores=s,
            max_output_size_per_class=tf.constant(3),
            max_total_size=tf.constant(12),
            iou_threshold=tf.constant(0.4),
            score_threshold=tf.constant(0.35),
            **given,
        )

    random = np.random.default_rng(2).random((2, 20, 3)).astype("float32")
    return case(
        "CombinedNonMaxSuppression", function, shared, random, name=name, **FIXED
    )


CASES = [
    case(
        "NonMaxSuppression",
        lambda b, s: raw.NonMaxSuppression(
            boxes=b, scores=s, max_output_size=tf.constant(8), iou_threshold=0.4
        ),
        boxes(20),
        scores(20),
        **FIXED,
    ),
    nms(2),
    nms(3, score_threshold=0.35),
    nms(3, name="none", score_threshold=0.95),
    nms(4, score_threshold=0.35),
    nms(4, name="padded", score_threshold=0.35, pad_to_max_output_size=True),
    nms(5, score_threshold=0.35, soft_nms_sigma=0.0),
    nms(5, name="soft", score_threshold=0.2, soft_nms_sigma=0.5),
    nms(5, name="only", score_threshold=0.2, soft_nms_sigma=0.5, iou_threshold=1.0),
    nms(
        5,
        name="padded",
        score_threshold=0.5,
        soft_nms_sigma=0.5,
        pad_to_max_output_size=True,
    ),
    case(
        "NonMaxSuppressionWithOverlaps",
        lambda o, s: raw.NonMaxSuppressionWithOverlaps(
            overlaps=o,
            scores=s,
            max_output_size=tf.constant(8),
            overlap_threshold=tf.constant(0.6),
            score_threshold=tf.constant(0.2),
        ),
        np.random.default_rng(0).random((20, 20)).astype("float32"),
        scores(20),
        **FIXED,
    ),
    combined("shared", 1),
    combined("own", 3),
    combined("padded", 3, pad_per_class=True),
    combined("unclipped", 1, clip_boxes=False),
]
