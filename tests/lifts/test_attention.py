"""Attention layers, masks, and rows in which everything is masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests.lifts.runner import check, enliven, normal
from tf2torch.transpiler import frontends
from tf2torch.transpiler.pipeline import compile_source

KERAS = pytest.mark.parametrize("layers", [keras.layers, tf_keras.layers])
SDPA = "F.scaled_dot_product_attention("


def mask(*shape: int, empty: bool = True) -> np.ndarray:
    """A random mask; one row of it selects nothing."""
    chosen = np.random.default_rng(3).random(shape) < 0.6
    chosen[..., 0] = True
    if empty:
        chosen[0, 0] = False
    return chosen


def heads(layers: Any) -> Any:
    layer = layers.MultiHeadAttention(2, 4)
    layer(normal(2, 5, 8), normal(2, 5, 8))
    return enliven(layer)


@KERAS
def test_self_attention(layers: Any) -> None:
    layer = heads(layers)
    check(
        lambda x: layer(x, x),
        normal(2, 5, 8),
        has=[SDPA, "nn.Linear(8, 8)"],
        lacks=["torch.einsum", "softmax", "scale="],
        sizes=(0, 1),
    )


@KERAS
def test_cross_attention(layers: Any) -> None:
    layer = heads(layers)
    x, y = normal(2, 5, 8), normal(2, 7, 8, seed=1)
    check(lambda x, y: layer(x, y), x, y, has=[SDPA], lacks=["torch.einsum", "softmax"])


def test_mask_of_keras_3() -> None:
    """Rows without anything to attend to average the values, without a gradient."""
    layer = heads(keras.layers)
    check(
        lambda x, m: layer(x, x, attention_mask=m),
        normal(2, 5, 8),
        mask(2, 5, 5),
        has=["masked_attention("],
        lacks=["torch.einsum", "softmax"],
    )


def test_mask_of_keras_2() -> None:
    """Added as -1e9."""
    layer = heads(tf_keras.layers)
    check(
        lambda x, m: layer(x, x, attention_mask=m),
        normal(2, 5, 8),
        mask(2, 5, 5, empty=False),
        has=[SDPA, "attn_mask="],
        lacks=["torch.einsum", "softmax"],
    )


@KERAS
def test_causal(layers: Any) -> None:
    layer = heads(layers)
    check(
        lambda x: layer(x, x, use_causal_mask=True),
        normal(2, 5, 8),
        has=[SDPA, "is_causal=True"],
        lacks=["torch.einsum", "softmax", "mask", "1000000000"],
        sizes=(0, 1),
    )


@KERAS
def test_causal_and_masked(layers: Any) -> None:
    layer = heads(layers)
    check(
        lambda x, m: layer(x, x, attention_mask=m, use_causal_mask=True),
        normal(2, 5, 8),
        mask(2, 5, 5, empty=layers is keras.layers),
        has=["torch.tril("],
        lacks=["torch.einsum", "softmax", "cumsum"],
        sizes=(0, 1),
    )


@KERAS
@pytest.mark.parametrize("learned", [True, False])
def test_luong_attention(layers: Any, learned: bool) -> None:
    layer = layers.Attention(use_scale=learned)
    x, y = normal(2, 5, 8), normal(2, 7, 8, seed=1)
    layer([x, y])
    enliven(layer)
    check(lambda x, y: layer([x, y]), x, y, has=[SDPA, "scale=1.0"], lacks=["softmax"])


@KERAS
def test_luong_attention_with_a_mask(layers: Any) -> None:
    layer = layers.Attention()
    x, y = normal(2, 5, 8), normal(2, 7, 8, seed=1)
    check(
        lambda x, y, m: layer([x, y], mask=[None, m]),
        x,
        y,
        mask(2, 7, empty=False),
        has=[SDPA, "attn_mask="],
        lacks=["softmax"],
    )


@KERAS
def test_scores_that_are_returned_stay(layers: Any) -> None:
    layer = heads(layers)
    check(
        lambda x: layer(x, x, return_attention_scores=True),
        normal(2, 5, 8),
        has=["softmax"],
        lacks=[SDPA],
    )


def by_hand(
    masked: Callable[[Any, Any], Any], softmax: Callable[[Any], Any] = tf.nn.softmax
) -> Callable[..., Any]:
    def function(q: Any, k: Any, v: Any, m: Any) -> Any:
        scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(8.0).astype("float32")
        return tf.matmul(softmax(masked(scores, m)), v)

    return function


QKV = [normal(2, 3, n, 8, seed=n) for n in (5, 7, 7)]


def test_additive_mask_of_floats() -> None:
    """Two more sums before the softmax, one of them with a gradient of its own."""
    bias = normal(2, 1, 5, 7, seed=9)
    check(by_hand(lambda s, m: s + m), *QKV, bias, has=[SDPA, "attn_mask=x3)"])


def test_selecting_mask() -> None:
    selecting = by_hand(lambda s, m: tf.where(m, s, -1e9))
    check(selecting, *QKV, mask(2, 1, 5, 7), has=["masked_attention("])


def test_selecting_mask_with_zeros_behind() -> None:
    def function(q: Any, k: Any, v: Any, m: Any) -> Any:
        scores = tf.where(m, tf.matmul(q, k, transpose_b=True), -1e9)
        return tf.matmul(tf.where(m, tf.nn.softmax(scores), 0.0), v)

    operands = (*QKV, mask(2, 1, 5, 7))
    check(function, *operands, has=[SDPA, "attn_mask=x3, scale=1.0"])


def test_masks_that_are_something_else() -> None:
    """A number that leaves some weight, or infinity, which gives NaN."""
    m = mask(2, 1, 5, 7)
    mild = by_hand(lambda s, m: tf.where(m, s, -2.0))
    check(mild, *QKV, m, lacks=[SDPA, "masked_attention"])
    infinite = by_hand(lambda s, m: tf.where(m, s, -np.inf))
    check(infinite, *QKV, m, lacks=[SDPA, "masked_attention"], grad=False)


def test_bias_and_selecting_mask() -> None:
    """Scores and bias are scaled, then masked: as in Falcon and Bloom."""
    bias = tf.Variable(normal(3, 1, 7, seed=9))

    def function(q: Any, k: Any, v: Any, m: Any) -> Any:
        scores = (tf.matmul(q, k, transpose_b=True) + bias) * 0.5
        weights = tf.nn.softmax(tf.where(m, scores, -1e9))
        return tf.matmul(tf.where(m, weights, 0.0), v)

    operands = (*QKV, mask(2, 1, 5, 7))
    check(function, *operands, has=[SDPA, "scale=0.5"], lacks=["softmax"])


def test_constant_causal_mask() -> None:
    below = np.tril(np.ones((7, 7), "float32"))

    def function(q: Any, k: Any, v: Any) -> Any:
        scores = tf.matmul(q, k, transpose_b=True) + (1 - below) * -1e9
        return tf.matmul(tf.nn.softmax(scores), v)

    x = [normal(2, 3, 7, 8, seed=n) for n in range(3)]
    check(function, *x, has=[SDPA, "is_causal=True"])


def test_einsum_attention() -> None:
    def function(q: Any, k: Any, v: Any) -> Any:
        scores = tf.einsum("bthd,bshd->bhts", q, k) * 0.3
        return tf.einsum("bhts,bshd->bthd", tf.nn.softmax(scores), v)

    x = [normal(2, n, 3, 8, seed=n) for n in (5, 7, 7)]
    check(function, *x, has=[SDPA, "scale=0.3"], lacks=["torch.einsum"])


def test_sizes_are_those_of_the_queries() -> None:
    """However many rows the mask has: its own size is another input's."""
    first, second = heads(tf_keras.layers), heads(tf_keras.layers)

    def function(x: Any, m: Any) -> Any:
        y = first(x, x, attention_mask=m)
        return second(y, y, attention_mask=m)

    x, m = normal(2, 5, 8), mask(2, 5, 5, empty=False)
    ported = check(function, x, m, sizes=(0, 1))
    graph = ported.compiled.graph
    assert graph.results[0].shape == graph.inputs[0].shape
    assert ported.text.count("1e9") == 1, ported.text


def test_dropout_of_the_weights() -> None:
    """Only a Keras source tells; a traced function has lost it."""
    x = keras.Input((5, 8))
    model = keras.Model(x, keras.layers.MultiHeadAttention(2, 4, dropout=0.25)(x, x))
    compiled = compile_source(frontends.load(model))
    assert "dropout_p=0.25 if self.training else 0.0" in compiled.text
    assert "softmax" not in compiled.text
