"""TF1: an LSTM as a v1 while loop over reference variables; SavedModelBuilder."""

from pathlib import Path

import numpy as np

VOCABULARY, WIDTH, UNITS, CLASSES = 80, 12, 16, 3


def build(folder: Path) -> Path:
    import tensorflow as tf

    v1 = tf.compat.v1
    v1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default(), v1.Session() as session:
            v1.set_random_seed(9)
            tokens = v1.placeholder(tf.int32, (None, None), name="tokens")
            lengths = v1.placeholder(tf.int32, (None,), name="lengths")
            logits = classify(tokens, lengths)
            session.run(v1.global_variables_initializer())
            v1.saved_model.simple_save(
                session,
                str(folder / "tf1"),
                inputs={"tokens": tokens, "lengths": lengths},
                outputs={"logits": logits, "scores": tf.nn.softmax(logits)},
            )
    finally:
        v1.enable_control_flow_v2()
    rng = np.random.default_rng(9)
    lengths = np.array([9, 1, 5, 9, 0, 7], "int32")
    words = rng.integers(0, VOCABULARY, (6, 9), dtype="int32")
    np.savez(folder / "sample.npz", tokens=words, lengths=lengths)
    return folder / "tf1"


def variable(name: str, *shape: int, deviation: float = 0.3):
    """A reference variable, as TF1 made them by default."""
    import tensorflow as tf

    normal = tf.compat.v1.random_normal_initializer(stddev=deviation)
    return tf.compat.v1.get_variable(
        name, shape, initializer=normal, use_resource=False
    )


def classify(tokens, lengths):
    """Embed, run the loop, read the last state; rows stop at their own length."""
    import tensorflow as tf

    with tf.compat.v1.variable_scope("model"):
        table = variable("embedding", VOCABULARY, WIDTH, deviation=1.0)
        x = tf.transpose(tf.nn.embedding_lookup(table, tokens), (1, 0, 2))
        state = recurrent(x, lengths)
        weights, bias = variable("out/w", UNITS, CLASSES), variable("out/b", CLASSES)
        return tf.compat.v1.nn.xw_plus_b(state, weights, bias, name="logits")


def recurrent(x, lengths):
    """TF1's cell: gates in the order i, j, f, o, a forget bias of 1 at run time."""
    import tensorflow as tf

    kernel = variable("lstm/kernel", WIDTH + UNITS, 4 * UNITS)
    bias = variable("lstm/bias", 4 * UNITS, deviation=0.1)
    steps, zero = tf.shape(x)[0], tf.zeros((tf.shape(x)[1], UNITS))
    inputs = tf.TensorArray(tf.float32, steps, name="inputs").unstack(x)

    def step(time, c, h):
        row = tf.concat([inputs.read(time), h], 1)
        i, j, f, o = tf.split(tf.matmul(row, kernel) + bias, 4, axis=1)
        new_c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        new_h = tf.tanh(new_c) * tf.sigmoid(o)
        alive = (time < lengths)[:, None]
        return time + 1, tf.where(alive, new_c, c), tf.where(alive, new_h, h)

    def more(time, c, h):
        return time < steps

    return tf.compat.v1.while_loop(more, step, (0, zero, zero))[2]
