"""Fused losses: both results; labels that do not add up to 1 too."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.ops.cases import case, f16, f32, f64, i32, i64

raw = tf.raw_ops


def dense(logits: Any, labels: Any) -> Any:
    return raw.SoftmaxCrossEntropyWithLogits(features=logits, labels=labels)


def of_softmax(logits: Any, labels: Any) -> Any:
    return dense(logits, raw.Softmax(logits=labels))[0]


def sparse(logits: Any, labels: Any) -> Any:
    return raw.SparseSoftmaxCrossEntropyWithLogits(features=logits, labels=labels)


XENT = "SoftmaxCrossEntropyWithLogits"
CASES = [
    case(XENT, dense, f32(4, 5), f32(4, 5), grad=(0,)),
    case(XENT, dense, f64(4, 5), f64(4, 5), grad=(0,)),
    case(XENT, dense, f16(4, 5), f16(4, 5), grad=(0,)),
    case(XENT, dense, f32(0, 5), f32(0, 5), grad=(0,)),
    case(XENT, dense, f32(4, 5), f32(1, 5), grad=False, batch=[0]),
    case(XENT, of_softmax, f32(4, 5), f32(4, 5)),
    *(
        case(f"Sparse{XENT}", sparse, logits, labels, grad=(0,), batch=[0, 1])
        for logits in (f32(4, 3), f64(4, 3), f16(4, 3))
        for labels in (i32(4, low=0, high=2), i64(4, low=0, high=2))
    ),
]
