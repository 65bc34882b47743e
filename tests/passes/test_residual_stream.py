"""The stream between layers over the last axis stays as they read it."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import torch

import tf2torch


class Encoder(tf.Module):
    """A strided convolution, then residual layers over the last axis."""

    def __init__(self, layers: int = 4) -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(4)
        self.stem = tf.Variable(draw.normal([3, 5, 8]) / 4.0)
        self.inner = [tf.Variable(draw.normal([8, 16]) / 4.0) for _ in range(layers)]
        self.outer = [tf.Variable(draw.normal([16, 8]) / 4.0) for _ in range(layers)]

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec([None, 12, 5], name="frames")]
    )
    def __call__(self, frames: tf.Tensor) -> tf.Tensor:
        x = tf.nn.gelu(tf.nn.conv1d(frames, self.stem, 2, "SAME"))
        for inner, outer in zip(self.inner, self.outer, strict=True):
            x = x + tf.nn.relu(x @ inner) @ outer
        return x


def test_no_permutes_between_layers_of_the_stream() -> None:
    module = Encoder()
    port = tf2torch.convert(module.__call__.get_concrete_function(), verify=False)
    assert port.source.count(".transpose(1, 2)") == 2, port.source
    frames = np.linspace(-1, 1, 120, dtype=np.float32).reshape(2, 12, 5)
    found = port.module(torch.from_numpy(frames))
    np.testing.assert_allclose(found.detach(), module(frames), rtol=1e-4, atol=1e-5)
