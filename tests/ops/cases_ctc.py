"""CTC: losses with either blank, labels that do not fit, greedy decoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64

raw = tf.raw_ops
INDICES = np.array([[0, 0], [0, 1], [0, 2], [1, 0], [2, 0], [3, 0], [3, 1]])
VALUES = np.array([1, 1, 2, 3, 3, 2, 1], "int32")
LENGTHS = np.array([7, 5, 3, 6], "int32")


def loss(
    op: str, name: str, logits: Any, lengths: np.ndarray = LENGTHS, **given: Any
) -> OpCase:
    def function(x: Any) -> Any:
        return getattr(raw, op)(
            inputs=x,
            labels_indices=tf.constant(INDICES),
            labels_values=tf.constant(VALUES),
            sequence_length=tf.constant(lengths),
            **given,
        )

    return case(op, function, logits, dynamic=False, grad=(0,), atol=1e-5, name=name)


def greedy(name: str, **given: Any) -> OpCase:
    return case(
        "CTCGreedyDecoder",
        lambda x: raw.CTCGreedyDecoder(
            inputs=x, sequence_length=tf.constant(LENGTHS), **given
        ),
        f32(7, 4, 3),
        dynamic=False,
        grad=False,
        name=name,
    )


def beams(name: str, width: int, paths: int, merge: bool) -> OpCase:
    return case(
        "CTCBeamSearchDecoder",
        lambda x: tf.nest.flatten(
            raw.CTCBeamSearchDecoder(
                inputs=x,
                sequence_length=tf.constant(LENGTHS),
                beam_width=width,
                top_paths=paths,
                merge_repeated=merge,
            )
        ),
        f32(7, 4, 3),
        dynamic=False,
        grad=False,
        atol=1e-5,
        name=name,
    )


CASES = [
    loss("CTCLoss", "plain", f32(7, 4, 5)),
    loss("CTCLoss", "double", f64(7, 4, 5)),
    loss(
        "CTCLoss",
        "short",
        f32(7, 4, 5),
        lengths=np.array([2, 5, 3, 6], "int32"),
        ignore_longer_outputs_than_inputs=True,
    ),
    beams("wide", 50, 3, False),
    beams("narrow", 4, 2, False),
    beams("merged", 20, 1, True),
    greedy("plain"),
    greedy("merged", merge_repeated=True),
    greedy("first", blank_index=0),
]
