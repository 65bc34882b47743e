"""Small originals of every kind, for the oracle's tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng([seed, *shape]).normal(size=shape) * 0.5).astype("f")


def frozen_graph(folder: Path) -> Path:
    """Conv → FusedBatchNorm → relu6 → resize → mean; the weights are constants."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None, 8, 8, 3], name="x")
        kernel = tf.identity(
            tf.constant(weights(3, 3, 3, 4), name="kernel"), "kernel/read"
        )
        y = tf.nn.conv2d(x, kernel, 2, "SAME")
        scale = tf.constant(weights(4) + 1, name="gamma")
        shift = tf.constant(weights(4, seed=1), name="beta")
        mean = tf.constant(weights(4, seed=2), name="moving_mean")
        spread = tf.constant(weights(4, seed=3) ** 2 + 0.5, name="moving_variance")
        y = v1.nn.fused_batch_norm(y, scale, shift, mean, spread, is_training=False)[0]
        y = v1.image.resize_bilinear(tf.nn.relu6(y), [5, 5])
        tf.reduce_mean(y, [1, 2], name="pooled")
    path = folder / "frozen.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def corner(folder: Path) -> Path:
    """relu(x * slope - 1): its gradient jumps where x is 1."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None, 64], name="x")
        slope = tf.constant(np.ones(64, "f"), name="slope")
        v1.random.truncated_normal([2], name="initial")  # nothing depends on it
        tf.nn.relu(x * slope - 1.0, name="y")
    path = folder / "corner.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def windowed(folder: Path) -> Path:
    """x times a Hann window, which the graph computes."""
    import tensorflow as tf

    class Windowed(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 64], tf.float32)])
        def __call__(self, x: Any) -> Any:
            return {"y": x * tf.signal.hann_window(64)}

    tf.saved_model.save(Windowed(), str(folder / "windowed"))
    return folder / "windowed"


def tf1_saved_model(folder: Path) -> Path:
    """Reference variables, a v1 while loop and a lookup table; built in a v1 graph."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        words = v1.placeholder(tf.string, [None], name="words")
        table = tf.lookup.StaticVocabularyTable(
            tf.lookup.KeyValueTensorInitializer(
                ["a", "b", "c"], np.arange(3, dtype="q")
            ),
            1,
        )
        with v1.variable_scope("net", use_resource=False):
            rows = v1.get_variable("rows", initializer=weights(4, 5))
            step = v1.get_variable("step", initializer=weights(5, 5))
        x = tf.gather(rows, table.lookup(words))
        _, x = v1.while_loop(
            lambda i, _: i < 3, lambda i, h: (i + 1, tf.tanh(h @ step)), [0, x]
        )
        x = tf.identity(x, name="state")
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        v1.saved_model.simple_save(
            session,
            str(folder / "tf1"),
            {"words": words},
            {"state": x},
            legacy_init_op=v1.tables_initializer(),
        )
    return folder / "tf1"


def keras_file(folder: Path, ending: str, legacy: bool) -> Path:
    import keras
    import tf_keras

    library: Any = tf_keras if legacy else keras
    library.utils.set_random_seed(3)
    x = inputs = library.Input((6,), name="features")
    x = library.layers.Dropout(0.1)(x)  # draws, but in training only
    x = library.layers.Dense(5, activation="tanh")(x)
    frozen = library.layers.BatchNormalization(trainable=False)
    x = frozen(x)
    outputs = [library.layers.Dense(2)(x), library.layers.Dense(1)(x)]
    model = library.Model(inputs, outputs)
    path = folder / f"model{'_legacy' if legacy else ''}{ending}"
    model.save(path)
    return path


def lookups(folder: Path) -> Path:
    """A Keras file with tables, which are no variables."""
    import keras

    layers = keras.layers
    word = keras.Input((1,), dtype="string", name="word")
    number = keras.Input((1,), dtype="int64", name="number")
    words = layers.StringLookup(vocabulary=["a", "b", "c"], num_oov_indices=1)(word)
    numbers = layers.IntegerLookup(vocabulary=[10, 20])(number)
    rows = [layers.Embedding(5, 3)(words), layers.Embedding(4, 3)(numbers)]
    result = layers.Dense(2)(layers.Flatten()(layers.Concatenate()(rows)))
    path = folder / "lookups.keras"
    keras.Model([word, number], result).save(path)
    return path


def several(folder: Path) -> Path:
    """Inputs and outputs whose names are not in alphabetical order."""
    import tensorflow as tf

    class Several(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.matrix = tf.Variable(weights(4, 3))

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 4], tf.float32, "query"),
                tf.TensorSpec([None], tf.string, "country"),
                tf.TensorSpec([None, 4], tf.float32, "age"),
            ]
        )
        def __call__(self, query: Any, country: Any, age: Any) -> Any:
            length = tf.cast(tf.strings.length(country), tf.float32)[:, None]
            hidden = tf.tanh((query - 2.0 * age) @ self.matrix) * length
            return {"score": tf.exp(hidden), "logits": 3.0 * hidden}

    model = Several()
    tf.saved_model.save(model, str(folder), signatures=model.__call__)
    return folder


def module() -> Any:
    """A tf.Module with a counter that every call moves on, and a list result."""
    import tensorflow as tf

    class Counting(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.matrix = tf.Variable(weights(3, 4))
            self.calls = tf.Variable(0, trainable=False)

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def __call__(self, x: Any) -> Any:
            self.calls.assign_add(1)
            return [x @ self.matrix, self.calls + 0]

    return Counting()
