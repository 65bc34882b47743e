"""Normalisations as Keras 3, Keras 2 and plain TensorFlow spell them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests.lifts.runner import check, enliven, normal

KERAS = pytest.mark.parametrize("layers", [keras.layers, tf_keras.layers])


def built(layer: Any, *shape: int | None) -> Any:
    layer.build(shape)
    return enliven(layer)


@KERAS
@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_batch_norm(layers: Any, rank: int) -> None:
    shape = (4, 5, 6, 7)[: rank - 2]
    norm = built(layers.BatchNormalization(), None, *shape, 3)
    name = f"nn.BatchNorm{max(rank, 3) - 2}d(3, eps=1e-3, momentum=0.01)"
    check(lambda x: norm(x, training=False), normal(2, *shape, 3), has=[name])


@KERAS
@pytest.mark.parametrize("axis", [1, 2])
def test_batch_norm_axis(layers: Any, axis: int) -> None:
    norm = built(layers.BatchNormalization(axis=axis), None, 3, 4, 5)
    x = normal(2, 3, 4, 5)
    check(lambda x: norm(x, training=False), x, has=[f"nn.BatchNorm2d({axis + 2}"])


@KERAS
def test_batch_norm_without_scale_or_center(layers: Any) -> None:
    x = normal(2, 4, 5, 3)
    norm = built(layers.BatchNormalization(scale=False), None, 4, 5, 3)
    check(lambda x: norm(x, training=False), x, has=["scale=False"])
    other = built(layers.BatchNormalization(center=False), None, 4, 5, 3)
    check(lambda x: other(x, training=False), x, has=["center=False"])
    none = built(layers.BatchNormalization(center=False, scale=False), None, 4, 5, 3)
    check(lambda x: none(x, training=False), x, has=["affine=False"])


def test_batch_norm_behind_a_sum() -> None:
    """The biased convolution below is not taken for the normalisation's operand."""
    dense = built(keras.layers.Dense(3), None, 5)
    norm = built(keras.layers.BatchNormalization(), None, 3)
    check(
        lambda x, y: norm(dense(x) + y, training=False),
        normal(2, 5),
        normal(2, 3, seed=1),
        has=["nn.Linear(5, 3)", "nn.BatchNorm1d(3"],
    )


def test_trainable_statistics_keep_their_gradient() -> None:
    mean, var = tf.Variable(normal(3)), tf.Variable(np.abs(normal(3, seed=1)) + 0.5)
    gamma, beta = tf.Variable(normal(3, seed=2)), tf.Variable(normal(3, seed=3))

    def function(x: Any) -> Any:
        return tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-3)

    check(function, normal(2, 4, 3), lacks=["batch_norm", "BatchNorm"])


def test_batch_norm_of_plain_tensorflow() -> None:
    mean = tf.Variable(normal(3), trainable=False)
    var = tf.Variable(np.abs(normal(3, seed=1)) + 0.5, trainable=False)
    gamma, beta = tf.Variable(normal(3, seed=2)), tf.Variable(normal(3, seed=3))

    def divided(x: Any) -> Any:
        return gamma * (x - mean) / tf.sqrt(var + 1e-3) + beta

    def reshaped(x: Any) -> Any:
        inv = tf.reshape(gamma * tf.math.rsqrt(var + 1e-3), [1, 3, 1])
        return (x - tf.reshape(mean, [1, 3, 1])) * inv + tf.reshape(beta, [1, 3, 1])

    check(divided, normal(2, 4, 3), has=["nn.BatchNorm1d(3"])
    check(reshaped, normal(2, 3, 4), has=["nn.BatchNorm1d(3"], lacks=["permute"])


@KERAS
@pytest.mark.parametrize("eps", [1e-3, 1e-6])  # Keras 2 fuses the greater one
def test_layer_norm(layers: Any, eps: float) -> None:
    norm = built(layers.LayerNormalization(epsilon=eps), None, None, 8)
    has = [f"nn.LayerNorm(8, eps={'1e-3' if eps > 1e-4 else '1e-6'})"]
    check(lambda x: norm(x), normal(2, 5, 8), has=has, sizes=(0, 1))


@KERAS
def test_layer_norm_over_several_axes(layers: Any) -> None:
    norm = built(layers.LayerNormalization(axis=[-2, -1]), None, 3, 5, 8)
    check(lambda x: norm(x), normal(2, 3, 5, 8), has=["nn.LayerNorm((5, 8), eps=1e-3)"])


@KERAS
def test_layer_norm_without_scale_or_center(layers: Any) -> None:
    bare = layers.LayerNormalization(center=False, scale=False)
    bare.build((None, 8))
    check(lambda x: bare(x), normal(2, 8), has=["F.layer_norm(x0, (8,), eps=1e-3)"])
    norm = built(layers.LayerNormalization(center=False), None, 8)
    check(
        lambda x: norm(x), normal(2, 8), has=["nn.LayerNorm(8, eps=1e-3, bias=False)"]
    )


def test_layer_norm_of_plain_tensorflow() -> None:
    gamma, beta = tf.Variable(normal(8)), tf.Variable(normal(8, seed=1))

    def moments(x: Any) -> Any:
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-5)

    def by_hand(x: Any) -> Any:
        mean = tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean((x - mean) ** 2, -1, keepdims=True)
        return (x - mean) / tf.sqrt(variance + 1e-5) * gamma + beta

    def expanded(x: Any) -> Any:
        mean = tf.expand_dims(tf.reduce_mean(x, -1), -1)
        variance = tf.math.reduce_variance(x, -1, keepdims=True)
        return gamma * (x - mean) * (variance + 1e-5) ** -0.5 + beta

    for function in (moments, by_hand):
        check(function, normal(2, 5, 8), has=["nn.LayerNorm(8, eps=1e-5)"])
    check(expanded, normal(2, 5, 8))


def test_a_constant_in_place_of_eps_alone_is_no_norm() -> None:
    """(x - mean) / (std + eps) is another function."""

    def function(x: Any) -> Any:
        mean = tf.reduce_mean(x, -1, keepdims=True)
        return (x - mean) / (tf.math.reduce_std(x, -1, keepdims=True) + 1e-2)

    check(function, normal(2, 5, 8), lacks=["layer_norm"])


def test_rms_norm() -> None:
    norm = built(keras.layers.RMSNormalization(), None, 5, 8)
    check(lambda x: norm(x), normal(2, 5, 8), has=["nn.RMSNorm(8, eps=1e-6)"])


@KERAS
@pytest.mark.parametrize("groups", [1, 2, 8])
def test_group_norm(layers: Any, groups: int) -> None:
    norm = built(layers.GroupNormalization(groups), None, 4, 5, 8)
    name = f"nn.GroupNorm({groups}, 8, eps=1e-3)"
    check(lambda x: norm(x), normal(2, 4, 5, 8), has=[name])


@KERAS
def test_group_norm_channels_first(layers: Any) -> None:
    norm = built(layers.GroupNormalization(2, axis=1), None, 8, 4, 5)
    check(lambda x: norm(x), normal(2, 8, 4, 5), has=["nn.GroupNorm(2, 8, eps=1e-3)"])


@KERAS
def test_unit_norm(layers: Any) -> None:
    check(
        lambda x: layers.UnitNormalization()(x),
        normal(2, 5, 8),
        has=["F.normalize(x0, dim=-1"],
    )


def test_l2_normalize() -> None:
    x = normal(2, 5, 8)
    x[0, 0] = 0
    check(
        lambda x: tf.math.l2_normalize(x, -1, epsilon=1e-6),
        x,
        has=["F.normalize(x0, dim=-1, eps=1e-3)"],
    )
    check(lambda x: tf.math.l2_normalize(x, 1), x, has=["F.normalize(x0, dim=1"])


@KERAS
def test_batch_norm_of_dense_positions(layers: Any) -> None:
    """Behind a dense layer, channels stay last and positions are so many rows."""
    dense = built(layers.Dense(3), None, 4, 5)
    norm = built(layers.BatchNormalization(), None, 4, 3)
    check(
        lambda x: norm(dense(x), training=False),
        normal(2, 4, 5),
        has=["nn.Linear(5, 3)", "nn.BatchNorm1d(3", ".flatten(0, 1)"],
        lacks=["transpose", "permute"],
    )
