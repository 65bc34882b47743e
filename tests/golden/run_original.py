"""Run a golden model in TensorFlow, by its own loaders and none of tf2torch's code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def run_original(
    path: Path, facts: dict[str, Any], values: dict[str, np.ndarray]
) -> dict[str, np.ndarray] | list[np.ndarray]:
    """Outputs by name, or in order where the format names none (Keras files)."""
    if path.is_dir():
        return saved_model(path, facts.get("signature", "serving_default"), values)
    if path.suffix == ".pb":
        return frozen(path, facts["outputs"], values)
    return keras_file(path, facts.get("legacy_keras", False), values)


def saved_model(
    path: Path, signature: str, values: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    run = loaded.signatures[signature]
    outputs = run(**{name: tf.constant(value) for name, value in values.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def frozen(
    path: Path, outputs: list[str], values: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    import tensorflow as tf

    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(path.read_bytes())
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.import_graph_def(definition, name="")
        feed = {f"{name}:0": value for name, value in values.items()}
        found = session.run([f"{name}:0" for name in outputs], feed)
    return dict(zip(outputs, found, strict=True))


def keras_file(
    path: Path, legacy: bool, values: dict[str, np.ndarray]
) -> list[np.ndarray]:
    import keras
    import tensorflow as tf
    import tf_keras

    library = tf_keras if legacy else keras
    model = library.models.load_model(path, compile=False)
    outputs = model(list(values.values()), training=False)
    return [value.numpy() for value in tf.nest.flatten(outputs)]
