"""Stateless gamma, Poisson and binomial draws and shuffles: the very same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32
from tests.ops.cases_stateless import SEEDS

raw = tf.raw_ops
ALPHAS = np.array([0.1, 0.5, 1.0, 1.5, 40.0])
RATES = np.array([0.0, 0.3, 5.0, 9.99, 10.0, 80.0, 1e6])
COUNTS = np.array([0.0, 9.0, 20.0, 50.0, 1000.0, 30.0, -2.0])
PROBS = np.array([0.5, 0.2, 1.0, 0.3, 0.9, 0.99, 0.5])


def gamma(shape: list[int], alg: int = 1) -> Any:
    def run(alpha: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
        key, counter = (tf.bitcast(w, tf.uint64) for w in (words[:1], words[1:]))
        return raw.StatelessRandomGammaV3(
            shape=shape, key=key, counter=counter, alg=alg, alpha=alpha
        )

    return run


def poisson(rate: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return raw.StatelessRandomPoisson(
        shape=[40, 7], seed=seed, lam=rate, dtype="float32"
    )


def binomial(dtype: str) -> Any:
    def run(counts: tf.Tensor, probs: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_binomial([40, 7], seed, counts, probs, dtype)

    return run


def shuffled(x: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    key, counter = (tf.bitcast(w, tf.uint64) for w in (words[:1], words[1:]))
    return raw.StatelessShuffle(value=x, key=key, counter=counter, alg=1)


def fixed(op: str, function: Any, *operands: Any, **more: Any) -> OpCase:
    return case(op, function, *operands, dynamic=False, **more)


WORDS = np.array([12345678901, -1, 7], "int64")
CASES: list[OpCase] = [
    *(
        fixed(
            "StatelessRandomGammaV2",
            lambda a, s: raw.StatelessRandomGammaV2(shape=[60, 5], seed=s, alpha=a),
            ALPHAS.astype(dtype),
            seed,
            grad=False,
        )
        for dtype, seed in zip(("float32", "float64", "float16"), SEEDS, strict=True)
    ),
    fixed("StatelessRandomGammaV3", gamma([9, 5]), ALPHAS.astype("float64"), WORDS),
    fixed("StatelessRandomGammaV3", gamma([0, 5]), ALPHAS.astype("f"), WORDS),
    fixed("StatelessRandomGammaV3", gamma([4, 2, 5]), ALPHAS.astype("f"), WORDS),
    fixed(
        "StatelessRandomGammaV3",
        gamma([3, 5], 2),
        ALPHAS,
        WORDS,
        declines="not known to be Philox",
    ),
    fixed("StatelessRandomPoisson", poisson, RATES, SEEDS[0], grad=False),
    fixed("StatelessRandomPoisson", poisson, RATES.astype("f"), SEEDS[1], grad=False),
    fixed("StatelessRandomBinomial", binomial("float64"), COUNTS, PROBS, SEEDS[0]),
    fixed(
        "StatelessRandomBinomial",
        binomial("int32"),
        COUNTS.astype("f"),
        PROBS.astype("f"),
        SEEDS[1],
    ),
    fixed("StatelessShuffle", shuffled, f32(9, 2), WORDS),
    fixed("StatelessShuffle", shuffled, f32(1), WORDS),
    fixed("StatelessShuffle", shuffled, f32(0, 3), WORDS),
    fixed("StatelessShuffle", shuffled, np.array([b"a", b"b", b"c"], object), WORDS),
]
