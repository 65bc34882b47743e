"""BatchNorm in the mode that a flag says, which is fed: nn.BatchNorm in both."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import torch

import tf2torch


def fused(x: tf.Tensor, flag: tf.Tensor, scale, offset, mean, variance) -> tf.Tensor:
    norm = tf.compat.v1.nn.fused_batch_norm
    return tf.cond(
        flag,
        lambda: norm(x, scale, offset, epsilon=1e-3, is_training=True)[0],
        lambda: norm(x, scale, offset, mean, variance, epsilon=1e-3, is_training=False)[
            0
        ],
    )


def spelled(x: tf.Tensor, flag: tf.Tensor, scale, offset, mean, variance) -> tf.Tensor:
    batch = tf.nn.moments(x, (0, 1, 2))
    chosen = tf.cond(
        flag,
        lambda: (tf.identity(batch[0]), tf.identity(batch[1])),
        lambda: (tf.identity(mean), tf.identity(variance)),
    )
    return tf.nn.batch_normalization(x, *chosen, offset, scale, 1e-3)


def one_by_one(x: tf.Tensor, flag: tf.Tensor, scale, offset, *moving) -> tf.Tensor:
    batch = tf.nn.moments(x, (0, 1, 2))
    mean = tf.cond(flag, lambda: batch[0], lambda: tf.identity(moving[0]))
    variance = tf.cond(flag, lambda: batch[1], lambda: tf.identity(moving[1]))
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)


class Net(tf.Module):
    """Two convolutions with switched norms."""

    def __init__(self, norm) -> None:
        super().__init__()
        self.norm = norm
        draw = np.random.default_rng(7)

        def variable(*shape: int, trainable: bool = True) -> tf.Variable:
            value = draw.uniform(0.5, 1.5, shape).astype("float32")
            return tf.Variable(value, trainable=trainable)

        self.kernels = [variable(3, 3, 3, 4), variable(3, 3, 4, 4)]
        self.learned = [(variable(4), variable(4)) for _ in range(2)]
        self.moving = [
            (variable(4, trainable=False), variable(4, trainable=False))
            for _ in range(2)
        ]

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 6, 6, 3], name="x"),
            tf.TensorSpec([], tf.bool, name="flag"),
        ]
    )
    def __call__(self, x: tf.Tensor, flag: tf.Tensor) -> tf.Tensor:
        for kernel, learned, moving in zip(
            self.kernels, self.learned, self.moving, strict=True
        ):
            x = tf.nn.conv2d(x, kernel, 1, "SAME")
            x = tf.nn.relu(self.norm(x, flag, *learned, *moving))
        return x


@pytest.mark.parametrize("norm", [fused, spelled, one_by_one])
def test_both_modes_are_those_of_the_source(norm) -> None:
    module = Net(norm)
    function = module.__call__.get_concrete_function()
    port = tf2torch.convert(function, verify=False)
    assert port.source.count("nn.BatchNorm2d(") in (1, 2)
    assert "rsqrt" not in port.source
    assert port.source.count(".permute(") == 2, "layout changes inside"
    for flag in (True, False):
        x = np.random.default_rng(8).normal(size=(3, 6, 6, 3)).astype("float32")
        given = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(given)
            want = module(given, tf.constant(flag))
            loss = tf.reduce_sum(tf.square(want))
        value = torch.from_numpy(x).requires_grad_()
        got = port.module(value, torch.tensor(flag))
        np.testing.assert_allclose(got.detach(), want, rtol=1e-3, atol=1e-4)
        got.square().sum().backward()
        slope = tape.gradient(loss, given)
        np.testing.assert_allclose(value.grad, slope, rtol=1e-2, atol=2e-3)
