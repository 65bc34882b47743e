"""Elementwise arithmetic."""

from __future__ import annotations

import tensorflow as tf

from tests.ops.cases import case, f32

raw = tf.raw_ops
CASES = [
    case("AddV2", lambda x, y: raw.AddV2(x=x, y=y), f32(2, 3), f32(3)),
    case("Mul", lambda x, y: raw.Mul(x=x, y=y), f32(2, 3), f32(3)),
    case("Sub", lambda x: raw.Sub(x=x, y=tf.constant(2.5)), f32(2, 3)),
    case("Exp", lambda x: raw.Exp(x=x), f32(2, 3)),
]
