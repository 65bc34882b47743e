"""Random ops that are functions of their seed: the very same numbers."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64, i32

raw = tf.raw_ops
SEEDS = np.array([1, 2], "i"), np.array([-5, 2**31 - 1], "i")
SEEDS += (np.array([2**40 + 7, -(2**50)], "int64"),)
SHAPES = tuple(np.array(s, "i") for s in ([7], [3, 5], [], [0, 2]))
CASES: list[OpCase] = []


def drawn(draw, **more):
    """``draw`` with a seed that is an operand."""
    return lambda seed: draw(seed=seed, **more)


def seeded(op: str, draw, **more) -> list[OpCase]:
    cases = [
        case(op, drawn(draw, shape=shape, **more), seed, grad=False, dynamic=False)
        for seed, shape in zip((*SEEDS, SEEDS[0]), SHAPES, strict=True)
    ]
    constant = drawn(draw, shape=[4, 3], **more)

    def added(x):
        return x + tf.cast(constant([3, 4]), x.dtype)

    return [*cases, case(op, added, f32(4, 3), dynamic=False)]


for dtype in ("float32", "float64", "float16", "bfloat16"):
    CASES += seeded(
        "StatelessRandomUniformV2", tf.random.stateless_uniform, dtype=dtype
    )
    CASES += seeded("StatelessRandomNormalV2", tf.random.stateless_normal, dtype=dtype)
    CASES += seeded(
        "StatelessTruncatedNormalV2", tf.random.stateless_truncated_normal, dtype=dtype
    )
    for op in (
        "StatelessRandomUniform",
        "StatelessRandomNormal",
        "StatelessTruncatedNormal",
    ):
        CASES += seeded(op, getattr(raw, op), dtype=dtype)
for dtype in ("int32", "int64"):
    for low, high in ((0, 10), (-7, 5), (3, 2**31 - 1), (-(2**31), 2**31 - 1)):
        CASES += seeded(
            "StatelessRandomUniformIntV2",
            tf.random.stateless_uniform,
            dtype=dtype,
            minval=low,
            maxval=high,
        )
    CASES += seeded(
        "StatelessRandomUniformFullIntV2",
        tf.random.stateless_uniform,
        dtype=dtype,
        minval=None,
        maxval=None,
    )
    CASES += seeded(
        "StatelessRandomUniformInt",
        raw.StatelessRandomUniformInt,
        minval=tf.constant(1, dtype),
        maxval=tf.constant(6, dtype),
    )
    CASES += seeded(
        "StatelessRandomUniformFullInt", raw.StatelessRandomUniformFullInt, dtype=dtype
    )
CASES += [
    case(
        "StatelessRandomUniformIntV2",
        lambda s: tf.random.stateless_uniform(
            [9], s, minval=-(2**62), maxval=2**61 + 12345, dtype="int64"
        ),
        SEEDS[2],
        dynamic=False,
    ),
    case(
        "StatelessRandomUniformIntV2",
        lambda s: tf.random.stateless_uniform(
            [9], s, minval=-(2**61), maxval=2**61 + 12345, dtype="int64"
        ),
        SEEDS[2],
        dynamic=False,
    ),
    case(
        "StatelessRandomGetKeyCounter",
        lambda s: tuple(raw.StatelessRandomGetKeyCounter(seed=s)),
        SEEDS[1],
        dynamic=False,
    ),
    case(
        "StatelessRandomUniformV2",
        lambda k: raw.StatelessRandomUniformV2(
            shape=[9],
            key=tf.bitcast(k[:1], tf.uint64),
            counter=tf.bitcast(k[1:], tf.uint64),
            alg=1,
        ),
        np.array([12345678901, -1, 7], "int64"),
        dynamic=False,
        grad=False,
    ),
    case(
        "StatelessMultinomial",
        lambda x, s: tf.random.stateless_categorical(x, 50, s),
        f32(1, 5),
        i32(2),
        dynamic=False,
    ),
    case(
        "StatelessMultinomial",
        lambda x, s: tf.random.stateless_categorical(x, 9, s, dtype="int32"),
        f64(3, 5),
        i32(2),
        dynamic=False,
    ),
    case(
        "StatelessRandomUniformV2",
        lambda x: tf.random.stateless_uniform(tf.shape(x), [1, 2]) + x,
        f32(3, 4),
    ),
]
