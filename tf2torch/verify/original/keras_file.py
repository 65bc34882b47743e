"""Keras files: loaded by Keras, then saved as a SavedModel with its weights in order.

From there on a Keras model is an original like any other. Keras 3 opens ``.keras``
and most HDF5 files; older ones, which it refuses, open with ``tf-keras``.
"""

from __future__ import annotations

import tempfile
from typing import Any

from tf2torch.verify.original.model import Tensor

FUNCTION = "serve"
KEY = "weights/{index}/.ATTRIBUTES/VARIABLE_VALUE"


def load(path: str) -> Any:
    """The model, from whichever Keras can read it."""
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=False)
    except Exception as error:  # Keras raises whatever its layers raise
        if path.endswith(".keras"):
            raise
        try:
            return _load_legacy(path)
        except Exception as legacy:
            raise legacy from error


def _load_legacy(path: str) -> Any:
    import tf_keras

    return tf_keras.models.load_model(path, compile=False)


def as_saved_model(path: str, claimed: tuple[Tensor, ...]) -> str:
    """Save the model at ``path`` as a SavedModel; key of weight i: ``KEY``.

    The results are flat, in the order of ``tf.nest.flatten``.
    """
    import tensorflow as tf

    model = load(path)
    module = tf.Module()
    module.weights = [
        w if isinstance(w, tf.Variable) else w.value for w in model.weights
    ]

    def call(*values: Any) -> list[Any]:
        packed = tf.nest.pack_sequence_as(_inputs(model, claimed), values)
        return list(tf.nest.flatten(model(packed, training=False)))

    specs = [
        tf.TensorSpec(tuple(t.shape), getattr(t.dtype, "name", t.dtype))
        for t in tf.nest.flatten(_inputs(model, claimed))
    ]
    module.serve = tf.function(call, input_signature=specs)
    target = tempfile.mkdtemp(prefix="keras-")
    tf.saved_model.save(module, target)
    return target


def _inputs(model: Any, claimed: tuple[Tensor, ...]) -> Any:
    """The model's symbolic inputs in their structure; a subclassed model has none
    and gets what the port claims."""
    import tensorflow as tf

    struct = getattr(model, "_inputs_struct", None) or getattr(model, "inputs", None)
    if struct:
        flat = tf.nest.flatten(struct)
        return flat[0] if len(flat) == 1 else struct
    open_shapes = [
        None if t.shape is None else [None if s < 0 else s for s in t.shape]
        for t in claimed
    ]
    specs = [tf.TensorSpec(s, t.dtype) for s, t in zip(open_shapes, claimed, strict=True)]
    return specs[0] if len(specs) == 1 else specs
