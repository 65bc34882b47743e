"""Quantised layers whose gradient passes straight through; saved from a tf.Module."""

from pathlib import Path

import numpy as np


def build(folder: Path) -> Path:
    import tensorflow as tf

    rng = np.random.default_rng(12)

    @tf.custom_gradient
    def quantise(x):
        """Fifteen levels in [-1, 1]; the gradient is the identity inside, else 0."""

        def grad(upstream):
            return tf.where(tf.abs(x) <= 1.0, upstream, tf.zeros_like(upstream))

        return tf.round(tf.clip_by_value(x, -1.0, 1.0) * 7.0) / 7.0, grad

    class Quantised(tf.Module):
        def __init__(self):
            super().__init__(name="quantised")
            self.hidden = tf.Variable(normal(rng, 8, 16), name="hidden")
            self.hidden_bias = tf.Variable(normal(rng, 16), name="hidden_bias")
            self.output = tf.Variable(normal(rng, 16, 3), name="output")
            self.output_bias = tf.Variable(normal(rng, 3), name="output_bias")

        @tf.function(input_signature=[tf.TensorSpec((None, 8), name="x")])
        def __call__(self, x):
            x = tf.tanh(x @ quantise(self.hidden) + self.hidden_bias)
            return quantise(x) @ quantise(self.output) + self.output_bias

    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    tf.saved_model.save(Quantised(), str(folder / "quantised"), options=options)
    return folder / "quantised"


def normal(rng, *shape: int):
    """Some weights lie outside [-1, 1], where no gradient passes."""
    return rng.normal(0, 0.6, shape).astype("float32")
