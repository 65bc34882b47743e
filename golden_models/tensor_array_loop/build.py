"""A recurrence in tf.while_loop with TensorArrays; saved from a tf.Module."""

from pathlib import Path

import numpy as np

FEATURES, UNITS = 6, 10


def build(folder: Path) -> Path:
    import tensorflow as tf

    rng = np.random.default_rng(11)

    class Recurrence(tf.Module):
        """Leaky units whose states are all kept, and the step of the largest one."""

        def __init__(self):
            super().__init__(name="recurrence")
            self.inward = tf.Variable(normal(rng, FEATURES, UNITS), name="inward")
            self.across = tf.Variable(normal(rng, UNITS, UNITS), name="across")
            self.leak = tf.Variable(normal(rng, UNITS), name="leak")
            self.bias = tf.Variable(normal(rng, UNITS), name="bias")

        @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES), name="x")])
        def __call__(self, x):
            steps = tf.shape(x)[1]
            inputs = tf.TensorArray(tf.float32, steps).unstack(
                tf.transpose(x, (1, 0, 2))
            )
            states = tf.TensorArray(tf.float32, steps)

            def step(time, state, states):
                drive = (
                    inputs.read(time) @ self.inward + state @ self.across + self.bias
                )
                keep = tf.sigmoid(self.leak)
                state = keep * state + (1 - keep) * tf.tanh(drive)
                return time + 1, state, states.write(time, state)

            start = (0, tf.zeros((tf.shape(x)[0], UNITS)), states)
            loop = tf.while_loop(lambda time, *_: time < steps, step, start)
            history = tf.transpose(loop[2].stack(), (1, 0, 2))
            return {"last": loop[1], "history": history}

    module = Recurrence()
    tf.saved_model.save(module, str(folder / "recurrence"))
    return folder / "recurrence"


def normal(rng, *shape: int):
    return rng.normal(0, 0.4, shape).astype("float32")
