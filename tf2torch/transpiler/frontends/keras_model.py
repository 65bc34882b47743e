"""Keras models (Keras 3 and tf_keras), live or loaded: traced for inference.

``VariableInfo.key`` is the index of the weight in ``model.weights``, as text; state
that is no weight (a seed generator's) has ``variables/<index in model.variables>``.
The name is the Keras path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.build import Builder
from tf2torch.transpiler.frontends.interface import Identity
from tf2torch.transpiler.frontends.keras_dropout import layers, marked_dropout, unmark
from tf2torch.transpiler.frontends.layer_scopes import unnumber_scopes
from tf2torch.transpiler.frontends.live import Named, from_concrete
from tf2torch.transpiler.frontends.source import (
    BatchNormInfo,
    Source,
    Training,
)
from tf2torch.transpiler.frontends.structure import fill, flatten, named_leaves


@dataclass(frozen=True)
class Call:
    """How a model is called: the nest of its inputs, and a spec per leaf."""

    nest: Any
    specs: tuple[Any, ...]


def is_keras_model(source: Any) -> bool:
    """Whether ``source`` is a Model of Keras 3 or of tf_keras; imports neither."""
    roots = {c.__module__.split(".")[0] for c in type(source).__mro__ if _is_model(c)}
    return bool(roots & {"keras", "tf_keras"})


def _is_model(cls: type) -> bool:
    return cls.__name__ == "Model"


def is_keras3(model: Any) -> bool:
    return any(
        c.__module__.split(".")[0] == "keras"
        for c in type(model).__mro__
        if _is_model(c)
    )


def load_keras_model(model: Any, what: Identity) -> Source:
    """Trace ``model(inputs, training=False)`` and read off what training needs."""
    call = calling(model)
    variables = weights(model)
    with marked_dropout(model):
        function = trace(model, call)
    source, build = from_concrete(function, what, variables)
    names = output_names(model, function.structured_outputs)
    source = rename_outputs(source, function.structured_outputs, names)
    known = {model.name, *(layer.name for layer in layers(model))}
    source = replace(source, graph=unnumber_scopes(source.graph, known))
    return replace(source, training=training(model, source, build))


def trace(model: Any, call: Call) -> Any:
    """The concrete function of the model's inference; batch sizes stay unknown."""
    import tensorflow as tf

    def infer(*tensors: Any) -> Any:
        return model(fill(call.nest, tensors), training=False)

    try:
        return tf.function(infer, autograph=False).get_concrete_function(*call.specs)
    except (TypeError, ValueError, NotImplementedError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"model '{model.name}' cannot be traced: {reason}") from None


def calling(model: Any) -> Call:
    """The inputs that the model was built with."""
    import tensorflow as tf

    nest = _input_nest(model)
    if nest is None:
        raise SourceError(
            f"model '{model.name}' has no known input shape: call it once on an "
            "example, or pass a tf.function with an input_signature"
        )
    leaves = flatten(nest)
    names = _input_names(nest, leaves)
    specs = []
    for leaf, name in zip(leaves, names, strict=True):
        if getattr(leaf, "sparse", False) or getattr(leaf, "ragged", False):
            raise SourceError(f"input '{name}' is sparse or ragged: make it dense")
        specs.append(tf.TensorSpec(tuple(leaf.shape), leaf.dtype, name=name))
    return Call(nest, tuple(specs))


def _input_names(nest: Any, leaves: Sequence[Any]) -> list[str]:
    """Keras' own names of the inputs; a dict's keys where the nest is a dict."""
    if isinstance(nest, dict):
        return named_leaves(nest, "input")
    names = [
        str(getattr(leaf, "name", None) or f"input_{i}")
        for i, leaf in enumerate(leaves)
    ]
    return [name.split(":")[0] for name in names]


def _input_nest(model: Any) -> Any:
    """Symbolic inputs of a functional model, or the shapes of the first call."""
    if is_keras3(model):
        functional = getattr(model, "_functional", None) or model
        nest = getattr(functional, "_inputs_struct", None)
        return nest if nest is not None else _built_with(model)
    saved = getattr(model, "save_spec", lambda: None)()
    nested = getattr(model, "_nested_inputs", None)
    if nested is not None:
        return nested
    if saved is None:
        return None
    args, _ = saved
    return args[0] if len(args) == 1 else None


def _built_with(model: Any) -> Any:
    """A subclassed Keras 3 model remembers the shapes that it was built with."""
    import tensorflow as tf

    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes or len(shapes) != 1:
        return None
    (name, shape), *_ = shapes.items()

    def spec(sizes: Any, name: str) -> Any:
        return tf.TensorSpec((None, *sizes[1:]), model.compute_dtype, name=name)

    if isinstance(shape, dict):
        return {key: spec(sizes, key) for key, sizes in shape.items()}
    if shape and isinstance(shape[0], tuple | list):
        return [spec(sizes, f"{name}_{i}") for i, sizes in enumerate(shape)]
    return spec(shape, "inputs" if name.startswith("input") else name)


def weights(model: Any) -> dict[int, Named]:
    """Handle → Keras weight."""
    trainable = {id(v) for v in model.trainable_variables}
    found: dict[int, Named] = {}
    listed = ("", model.weights), ("variables/", model.variables)
    for prefix, variables in (*listed, ("states/", states(model))):
        for i, variable in enumerate(variables):
            value = getattr(variable, "value", variable)
            value = variable if callable(value) else value
            name = getattr(variable, "path", None) or variable.name
            named = Named(name, f"{prefix}{i}", value, id(variable) in trainable)
            found.setdefault(id(value.handle), named)
    return found


def states(model: Any) -> list[Any]:
    """What stateful recurrent layers keep, which Keras 2 counts to no weights."""
    import tensorflow as tf

    kept = [getattr(la, "states", None) for la in layers(model) if _is_stateful(la)]
    return [v for v in tf.nest.flatten(kept) if isinstance(v, tf.Variable)]


def _is_stateful(layer: Any) -> bool:
    return bool(getattr(layer, "stateful", False))


def training(model: Any, source: Source, build: Builder) -> Training:
    """Dropout rates by node, BatchNorm momentum by the name of its moving mean."""
    names = {info.key: info.name for info in source.variables}
    keys = {id(v): str(i) for i, v in enumerate(model.weights)}
    norms: dict[str, BatchNormInfo] = {}
    for layer in layers(model):
        mean = getattr(layer, "moving_mean", None)
        if mean is not None and hasattr(layer, "momentum"):
            name = names.get(keys.get(id(mean), ""))
            if name is not None:
                info = BatchNormInfo(float(layer.momentum), bool(layer.trainable))
                norms[name] = info
    dropped = {name: unmark(text) for name, text in build.dropout.items()}
    rates = {name: found.rate for name, found in dropped.items()}
    return Training(rates, dropped, norms)


def output_names(model: Any, structure: Any) -> list[str]:
    """Keras' names of the outputs, in the order of the flat results."""
    leaves = named_leaves(structure, "output")
    known = getattr(model, "output_names", None)
    if isinstance(structure, dict) or not known or len(known) != len(leaves):
        return leaves
    unique: list[str] = []
    for name in known:
        count = sum(1 for n in unique if n == name or n.startswith(f"{name}_"))
        unique.append(f"{name}_{count}" if name in unique else str(name))
    return unique


def rename_outputs(source: Source, structure: Any, names: Sequence[str]) -> Source:
    """The same graph with its outputs called ``names``."""
    results = source.graph.results
    graph = replace(source.graph, outputs=tuple(zip(names, results, strict=True)))
    outputs = tuple(
        replace(spec, name=name)
        for spec, name in zip(source.outputs, names, strict=True)
    )
    nest = fill(structure, names) if source.structure is not None else None
    return replace(source, graph=graph, outputs=outputs, structure=nest)
