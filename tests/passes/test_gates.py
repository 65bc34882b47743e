"""Kernels that a cell cuts per gate: one layer on the whole, and its parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.lifts.runner import check, enliven, normal


def test_conv_lstm_is_two_convolutions() -> None:
    import keras

    layer = keras.layers.ConvLSTM2D(4, 3, padding="same")
    layer.build((None, 3, 6, 6, 2))
    enliven(layer)
    has = ("nn.Conv2d(2, 16, 3, padding=1", "nn.Conv2d(4, 16, 3, padding=1")
    check(lambda x: layer(x), normal(2, 3, 6, 6, 2), has=has, lacks=("F.conv2d",))


def test_slices_of_a_kernel_that_is_read_anew() -> None:
    """``recurrent_kernel[:, :units]`` and so on, each from a read of its own."""
    kernel = tf.Variable(normal(3, 8, seed=1), name="kernel")
    bias = tf.Variable(normal(8, seed=2), name="bias")

    def gates(x: Any) -> Any:
        a, b = (x @ kernel[:, :5], x @ kernel[:, 5:])
        c, d = tf.split(bias, [5, 3])
        return tf.tanh(a + c) * 2.0, tf.sigmoid(tf.nn.bias_add(b, d))

    check(gates, normal(2, 3), has=("nn.Linear(3, 8",))


def test_parts_that_are_not_the_whole_stay() -> None:
    kernel = tf.Variable(normal(3, 6, seed=1), name="kernel")

    def gates(x: Any) -> Any:
        return x @ kernel[:, :2] + tf.tanh(x @ kernel[:, 4:])

    check(gates, normal(2, 3), lacks=("split", "chunk"))


def test_an_assignment_between_two_reads() -> None:
    """Parts of a variable before and after a change are parts of two tensors."""
    kernel = tf.Variable(normal(3, 4, seed=1), name="kernel")

    def gates(x: Any) -> Any:
        left = x @ kernel[:, :2]
        kernel.assign(kernel * 2.0)
        return left * (x @ kernel[:, 2:])

    x = normal(2, 3)
    first = kernel.numpy()
    want = (x @ first[:, :2]) * (x @ first[:, 2:] * 2.0)
    np.testing.assert_allclose(gates(tf.constant(x)), want, 1e-5, 1e-6)
    kernel.assign(first)
    from tests.lifts.runner import port

    made = port(gates, tf.TensorSpec((None, 3), tf.float32))
    import torch

    got = made.module(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(got, want, 1e-5, 1e-6)
