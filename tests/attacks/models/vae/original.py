"""A small VAE as a tf.Module: an encoder, drawn noise, a decoder."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(5)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.5).astype("f"))

    class Vae(tf.Module):
        def __init__(self) -> None:
            self.encode, self.to_mean, self.to_spread = (
                weight(7, 6),
                weight(6, 3),
                weight(6, 3),
            )
            self.decode, self.bias = weight(3, 7), weight(7)

        @tf.function(input_signature=[tf.TensorSpec([None, 7], tf.float32, "x")])
        def serve(self, x):
            hidden = tf.nn.relu(x @ self.encode)
            mean, spread = hidden @ self.to_mean, hidden @ self.to_spread
            z = mean + tf.exp(0.5 * spread) * tf.random.normal(tf.shape(mean))
            return {"mean": mean, "rebuilt": tf.sigmoid(z @ self.decode + self.bias)}

    model = Vae()
    tf.saved_model.save(model, folder, signatures=model.serve)
