"""Dropout layers of Keras: marked while a model is traced, described by DropoutInfo."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tf2torch.transpiler.frontends.build import DROPOUT_MARK
from tf2torch.transpiler.frontends.source import DROPOUTS, DropoutInfo


def layers(model: Any) -> list[Any]:
    return list(model._flatten_layers(include_self=False, recursive=True))


def info(name: str, config: Mapping[str, Any]) -> DropoutInfo | None:
    """The layer of class ``name``, from its config; None when it drops nothing."""
    rate = config.get("rate")
    if name not in DROPOUTS or not isinstance(rate, int | float) or not rate:
        return None
    noise = config.get("noise_shape")
    shape = None
    if name.startswith("SpatialDropout"):
        axes = (1,) * int(name[-2])
        first = config.get("data_format") == "channels_first"
        shape = (None, None, *axes) if first else (None, *axes, None)
    elif noise is not None:
        shape = tuple(None if size is None else int(size) for size in noise)
    return DropoutInfo(float(rate), name, shape)


@contextmanager
def marked_dropout(model: Any) -> Iterator[None]:
    """While open, dropout layers leave an Identity that carries what they are."""
    marked = []
    for layer in layers(model):
        found = info(type(layer).__name__, _config(layer))
        if found is not None:
            object.__setattr__(layer, "call", _marking(layer.call, mark(found)))
            marked.append(layer)
    try:
        yield
    finally:
        for layer in marked:
            object.__delattr__(layer, "call")


def _config(layer: Any) -> dict[str, Any]:
    keys = ("rate", "noise_shape", "data_format")
    return {key: getattr(layer, key, None) for key in keys}


def mark(found: DropoutInfo) -> bytes:
    fields = {"rate": found.rate, "layer": found.layer, "noise": found.noise_shape}
    return json.dumps(fields).encode()


def unmark(text: bytes) -> DropoutInfo:
    fields = json.loads(text)
    noise = fields["noise"]
    shape = None if noise is None else tuple(noise)
    return DropoutInfo(fields["rate"], fields["layer"], shape)


def _marking(call: Callable[..., Any], text: bytes) -> Callable[..., Any]:
    import functools

    import tensorflow as tf
    from tensorflow.core.framework import attr_value_pb2

    @functools.wraps(call)
    def marking(*args: Any, **kwargs: Any) -> Any:
        result = call(*args, **kwargs)
        if tf.executing_eagerly():
            return result
        marker = tf.identity(result, name="dropout")
        marker.op._set_attr(DROPOUT_MARK, attr_value_pb2.AttrValue(s=text))
        return marker

    return marking
