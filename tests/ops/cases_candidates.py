"""Candidate samplers: the shares of many draws, and what is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, i64

raw = tf.raw_ops
MANY = 40_000
TRUE = np.array([[0, 3], [7, 9], [1, 1]], np.int64)
WEIGHTS = [1.0, 2.0, 3.0, 0.5, 1.5, 4.0, 1.0, 1.0]


def shares(op: str, **attrs: Any) -> Any:
    """How often each class is drawn, and the exact expected counts."""

    def run(true: tf.Tensor) -> list[tf.Tensor]:
        drawn, of_true, of_drawn = getattr(raw, op)(
            true_classes=true, num_true=2, num_sampled=MANY, unique=False, **attrs
        )
        counts = tf.math.bincount(tf.cast(drawn, tf.int32), minlength=10)
        each = tf.math.divide_no_nan(
            tf.math.unsorted_segment_sum(of_drawn, drawn, 10),
            tf.cast(counts, tf.float32),
        )
        return [tf.cast(counts, tf.float32) / MANY, of_true / MANY, each / MANY]

    return run


def every(op: str, **attrs: Any) -> Any:
    """All classes, each once, in the order of their numbers."""

    def run(true: tf.Tensor) -> list[tf.Tensor]:
        drawn, of_true, of_drawn = getattr(raw, op)(
            true_classes=true, num_true=2, num_sampled=10, unique=True, **attrs
        )
        return [tf.sort(drawn), tf.shape(of_true), tf.shape(of_drawn)]

    return run


def sampled(op: str, function: Any, **more: Any) -> OpCase:
    return case(op, function, TRUE, grad=False, atol=0.02, dynamic=False, **more)


def unigram(**attrs: Any) -> Any:
    return {"range_max": 10, "unigrams": WEIGHTS, "num_reserved_ids": 2} | attrs


FIXED = "FixedUnigramCandidateSampler"
CASES: list[OpCase] = [
    *(
        sampled(op, make(op, range_max=10))
        for op in ("UniformCandidateSampler", "LogUniformCandidateSampler")
        for make in (shares, every)
    ),
    sampled(FIXED, shares(FIXED, **unigram())),
    sampled(FIXED, shares(FIXED, **unigram(distortion=0.5, num_reserved_ids=2))),
    sampled(
        FIXED,
        shares(FIXED, **unigram(num_shards=2, shard=1)),
        declines="one shard",
    ),
    case(
        "AllCandidateSampler",
        lambda true: list(
            raw.AllCandidateSampler(
                true_classes=true, num_true=2, num_sampled=10, unique=True
            )
        ),
        TRUE,
    ),
    case(
        "ComputeAccidentalHits",
        lambda true, drawn: list(
            raw.ComputeAccidentalHits(
                true_classes=true, sampled_candidates=drawn, num_true=2
            )
        ),
        TRUE,
        np.array([3, 5, 1, 3, 9], np.int64),
        batch=[0],
    ),
    case(
        "ComputeAccidentalHits",
        lambda true, drawn: tf.nn.compute_accidental_hits(true, drawn, 3),
        i64(6, 3, low=0, high=9),
        np.array([20, 21], np.int64),
        batch=[0],
    ),
]
