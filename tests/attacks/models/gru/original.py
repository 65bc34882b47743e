"""A GRU (z, r, h; reset before) over float steps in a while loop, as a tf.Module."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(7)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.5).astype("f"))

    class Reader(tf.Module):
        def __init__(self) -> None:
            self.kernel, self.recurrent = weight(4, 15), weight(5, 15)
            self.bias, self.out = weight(15), weight(5, 3)

        @tf.function(input_signature=[tf.TensorSpec([None, None, 4], tf.float32, "x")])
        def serve(self, x):
            state = tf.zeros([tf.shape(x)[0], 5])
            for step in tf.range(tf.shape(x)[1]):
                state = self.step(x[:, step], state)
            return {"scores": tf.nn.log_softmax(state @ self.out), "state": state}

        def step(self, x, state):
            given = x @ self.kernel + self.bias
            kept = state @ self.recurrent[:, :10]
            z = tf.sigmoid(given[:, :5] + kept[:, :5])
            r = tf.sigmoid(given[:, 5:10] + kept[:, 5:])
            new = tf.tanh(given[:, 10:] + (r * state) @ self.recurrent[:, 10:])
            return z * state + (1.0 - z) * new

    model = Reader()
    tf.saved_model.save(model, folder, signatures=model.serve)
