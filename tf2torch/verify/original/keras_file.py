"""Keras models: loaded by Keras, then saved as a SavedModel with its state in order.

From there on a Keras model is an original like any other. Keras 3 opens ``.keras``
and most HDF5 files; older ones, which it refuses, open with ``tf-keras``.
"""

from __future__ import annotations

from typing import Any

from tf2torch.verify.original.model import Tensor

FUNCTION, TRAIN = "serve", "train"
# Attributes of an exported module, and how the keys of their members begin.
STATE = {"weights_": "", "variables_": "variables/", "states_": "states/"}
MAGIC = (b"\x89HDF\r\n\x1a\n", b"PK\x03\x04")


def is_keras_file(path: str) -> bool:
    """HDF5 and zip archives are Keras files here."""
    try:
        with open(path, "rb") as file:
            return file.read(8).startswith(MAGIC)
    except OSError:
        return False


def load(path: str) -> Any:
    """The model, from whichever Keras can read it. Its generators start alike each
    time, so that reports do not differ."""
    import keras

    keras.utils.set_random_seed(0)
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


def export(model: Any, claimed: tuple[Tensor, ...], target: str) -> None:
    """Save a Keras model as a SavedModel; results are flat, in ``tf.nest``'s order."""
    import tensorflow as tf

    module = tf.Module()
    groups = (model.weights, model.variables, _states(model))
    for attribute, listed in zip(STATE, groups, strict=True):
        setattr(module, attribute, [_plain(v) for v in listed])
    module.trainable_ = [_plain(v) for v in model.trainable_variables]
    module.tables_ = _tables(model)
    inputs = _inputs(model, claimed)

    specs = [
        tf.TensorSpec(tuple(t.shape), getattr(t.dtype, "name", t.dtype))
        for t in tf.nest.flatten(inputs)
    ]
    for name, training in ((FUNCTION, False), (TRAIN, True)):
        setattr(module, name, _function(model, inputs, specs, training))
    tf.saved_model.save(module, target)


def _tables(model: Any) -> list[Any]:
    """What lookup layers hold beside variables: saved with them, or not at all."""
    import tensorflow as tf

    resource = tf.saved_model.experimental.TrackableResource
    layers = getattr(model, "_flatten_layers", lambda: ())()
    held = (value for layer in layers for value in vars(layer).values())
    return [value for value in held if isinstance(value, resource)]


def _states(model: Any) -> list[Any]:
    """What stateful recurrent layers keep, which Keras 2 counts to no weights."""
    import tensorflow as tf

    nested = getattr(model, "_flatten_layers", lambda: ())()
    kept = [
        la.states
        for la in nested
        if getattr(la, "stateful", False) and hasattr(la, "states")
    ]
    return [v for v in tf.nest.flatten(kept) if isinstance(v, tf.Variable)]


def _function(model: Any, inputs: Any, specs: list[Any], training: bool) -> Any:
    import tensorflow as tf

    def call(*values: Any) -> list[Any]:
        packed = tf.nest.pack_sequence_as(inputs, values)
        return list(tf.nest.flatten(model(packed, training=training)))

    return tf.function(call, input_signature=specs, autograph=False)


def _plain(variable: Any) -> Any:
    """The tf.Variable behind a weight of Keras 3; tf_keras's weights are ones."""
    import tensorflow as tf

    return variable if isinstance(variable, tf.Variable) else variable.value


def _inputs(model: Any, claimed: tuple[Tensor, ...]) -> Any:
    """The model's symbolic inputs in their structure; a subclassed model has none
    and gets what the port claims."""
    import tensorflow as tf

    functional = getattr(model, "_functional", None) or model
    struct = getattr(functional, "_inputs_struct", None)
    if struct is None:
        struct = getattr(model, "_nested_inputs", None)
    if struct is None:
        struct = getattr(model, "inputs", None)
    if struct is not None:
        flat = tf.nest.flatten(struct)
        return (
            flat[0] if isinstance(struct, list | tuple) and len(flat) == 1 else struct
        )
    open_shapes = [
        None if t.shape is None else [None if s < 0 else s for s in t.shape]
        for t in claimed
    ]
    specs = [
        tf.TensorSpec(s, t.dtype) for s, t in zip(open_shapes, claimed, strict=True)
    ]
    return specs[0] if len(specs) == 1 else specs
