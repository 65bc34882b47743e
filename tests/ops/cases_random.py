"""Random ops with state: moments and bounds of many draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64, i32

raw = tf.raw_ops
MANY = 40_000
GENERATOR = tf.random.Generator.from_seed(1)


def moments(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Mean, deviation and the share below one half of what ``draw`` gives."""

    def function(*operands: Any) -> Any:
        x = tf.cast(draw(*operands), tf.float32)
        below = tf.reduce_mean(tf.cast(x < 0.5, tf.float32), 0)
        return tf.reduce_mean(x, 0), tf.math.reduce_std(x, 0), below

    return function


def binomial(counts: Any, probs: Any) -> Any:
    """Only a variable that is read as one is known to a live function."""
    GENERATOR.state.read_value()
    return GENERATOR.binomial([MANY, 2], counts, probs) / 20


def moment_case(op: str, draw: Callable[..., Any], *operands: Any) -> OpCase:
    return case(op, moments(draw), *operands, grad=False, atol=0.03, dynamic=False)


SHAPE = [MANY]
CASES: list[OpCase] = [
    moment_case("RandomUniform", lambda: tf.random.uniform(SHAPE)),
    moment_case(
        "RandomUniform", lambda: tf.random.uniform(SHAPE, -2.0, 3.0, "float64")
    ),
    moment_case("RandomStandardNormal", lambda: tf.random.normal(SHAPE)),
    moment_case("RandomStandardNormal", lambda: tf.random.normal(SHAPE, 2.0, 0.5)),
    moment_case("TruncatedNormal", lambda: tf.random.truncated_normal(SHAPE)),
    moment_case("RandomUniformInt", lambda: tf.random.uniform(SHAPE, 0, 4, tf.int32)),
    moment_case("RandomUniformInt", lambda: tf.random.uniform(SHAPE, 0, 2, tf.int64)),
    moment_case(
        "ParameterizedTruncatedNormal",
        lambda: raw.ParameterizedTruncatedNormal(
            shape=SHAPE, means=[0.3], stdevs=[1.0], minvals=[-1.0], maxvals=[2.0]
        ),
    ),
    moment_case(
        "RandomGamma", lambda a: tf.random.gamma(SHAPE, a), np.array([0.5, 2], "f")
    ),
    moment_case(
        "RandomPoissonV2",
        lambda a: raw.RandomPoissonV2(shape=SHAPE, rate=a, dtype="float32"),
        np.array([0.5, 2], "f"),
    ),
    moment_case(
        "Multinomial",
        lambda x: tf.transpose(raw.Multinomial(logits=x, num_samples=MANY)),
        np.log(np.array([[0.2, 0.8], [0.6, 0.4]], "f")),
    ),
    moment_case(
        "RandomStandardNormal",
        lambda: tf.random.normal(SHAPE) - tf.random.normal(SHAPE),
    ),
    moment_case(
        "TruncatedNormal",
        lambda: tf.random.truncated_normal(SHAPE) - tf.random.truncated_normal(SHAPE),
    ),
    moment_case("StatefulStandardNormal", lambda: GENERATOR.normal(SHAPE)),
    moment_case("StatefulUniform", lambda: GENERATOR.uniform(SHAPE)),
    moment_case("StatefulTruncatedNormal", lambda: GENERATOR.truncated_normal(SHAPE)),
    moment_case("StatefulUniformInt", lambda: GENERATOR.uniform(SHAPE, 0, 2, tf.int32)),
    moment_case(
        "StatefulRandomBinomial",
        binomial,
        np.array([20.0, 5.0]),
        np.array([0.3, 0.9]),
    ),
    case("RandomShuffle", lambda x: tf.sort(tf.random.shuffle(x), axis=0), f32(7)),
    case("RandomShuffle", lambda x: tf.reduce_sum(tf.random.shuffle(x), 0), i32(7, 2)),
    case("RandomUniform", lambda x: tf.shape(tf.random.normal(tf.shape(x))), f32(3, 4)),
    case(
        "RandomUniform",
        lambda x: tf.random.uniform(tf.shape(x)) * 0.0,
        f64(3, 4),
        grad=False,
    ),
    case("NonDeterministicInts", lambda: tf.shape(raw.NonDeterministicInts(shape=[3]))),
]
