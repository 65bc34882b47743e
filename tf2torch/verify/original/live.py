"""Live objects cross to the oracle as a SavedModel, written in the caller's process."""

from __future__ import annotations

from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.verify.original import keras_file
from tf2torch.verify.original.model import Tensor


def save(
    source: Any, signature: str | None, claimed: tuple[Tensor, ...], target: str
) -> None:
    """Save a tf.function, ConcreteFunction, tf.Module or Keras model to ``target``.

    Variable i of the function (weight i of the Keras model) has the key ``str(i)``.
    """
    import tensorflow as tf

    if hasattr(source, "weights") and hasattr(source, "layers"):
        keras_file.export(source, claimed, target)
        return
    function = _concrete(source, signature)
    module = tf.Module()
    module.weights_ = list(function.variables)
    module.variables_ = []
    module.trainable_ = [v for v in function.variables if v.trainable]
    module.serve = function
    module.source = source
    try:
        tf.saved_model.save(module, target)
    except (AssertionError, ValueError, TypeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(
            f"this live object cannot be saved for verification ({reason}): put what "
            "it uses into a tf.Module, or convert without verification"
        ) from None


def _concrete(source: Any, signature: str | None) -> Any:
    import tensorflow as tf

    if isinstance(source, tf.types.experimental.ConcreteFunction):
        return source
    if isinstance(source, tf.types.experimental.PolymorphicFunction):
        return _trace(source)
    kinds = (
        tf.types.experimental.PolymorphicFunction,
        tf.types.experimental.ConcreteFunction,
    )
    names = [n for n in dir(source) if n == "__call__" or not n.startswith("_")]
    found = {
        n: getattr(source, n)
        for n in names
        if isinstance(getattr(source, n, None), kinds)
    }
    found |= dict(getattr(source, "signatures", None) or {})
    if signature is None:
        signature = "__call__" if "__call__" in found else next(iter(found), None)
    if signature not in found:
        raise SourceError(f"{type(source).__name__} has no function '{signature}'")
    return _concrete(found[signature], None)


def _trace(function: Any) -> Any:
    """The concrete function: by its input_signature, or the only one traced so far."""
    if function.input_signature is None:
        traces = function._list_all_concrete_functions()
        if len(traces) == 1:
            return traces[0]
    return function.get_concrete_function()
