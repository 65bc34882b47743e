"""Layers inside of loops are whole: a bias is theirs."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import torch

import tf2torch


class Repeated(tf.Module):
    """One dense layer, as often as the caller says."""

    def __init__(self) -> None:
        super().__init__()
        kernel = tf.random.stateless_normal((4, 4), (1, 2))
        self.kernel = tf.Variable(kernel, name="kernel")
        self.bias = tf.Variable(kernel[0], name="bias")

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 4], name="x"),
            tf.TensorSpec([], tf.int32, name="turns"),
        ]
    )
    def __call__(self, x: tf.Tensor, turns: tf.Tensor) -> tf.Tensor:
        for _ in tf.range(turns):
            x = tf.tanh(x @ self.kernel + self.bias)
        return x


def test_a_bias_in_a_loop_is_that_of_the_layer() -> None:
    module = Repeated()
    function = module.__call__.get_concrete_function()
    port = tf2torch.convert(function, verify=False)
    assert "nn.Linear(4, 4)" in port.source
    assert "nn.Parameter" not in port.source
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    for turns in (0, 3):
        found = port.module(torch.from_numpy(x), torch.tensor(turns)).detach()
        want = module(tf.constant(x), tf.constant(turns))
        np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)
