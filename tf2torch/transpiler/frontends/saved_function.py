"""Functions of a TF2 SavedModel that are no signature, called by their names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Node
from tf2torch.transpiler.frontends.interface import (
    Identity,
    Port,
    distinct,
    finish,
    inputs_of,
)
from tf2torch.transpiler.frontends.schema import Proto
from tf2torch.transpiler.frontends.source import Source
from tf2torch.transpiler.frontends.structure import fill, flatten, named_leaves

if TYPE_CHECKING:
    from tf2torch.transpiler.frontends.saved_model import SavedModel


def from_function(model: SavedModel, what: Identity, function: str) -> Source:
    """A concrete function applied to its own arguments."""
    body = model.library.body(function)
    saved = model.objects.concrete_functions[function]
    bound: list[Node] = [model.object(i) for i in saved.bound_inputs]
    own = body.args[: len(body.args) - len(bound)]
    structure = decode(saved.output_signature)
    leaves = named_leaves(structure, "output")
    arguments = argument_ports(saved)
    if len(arguments) != len(own) or len(leaves) != len(body.returns):
        raise SourceError(
            f"function '{what.signature}' takes or returns ragged or sparse tensors: "
            "save a function of their component tensors"
        )
    ports = distinct(
        replace(port, tensor=f"{ref[0]}:0")
        for port, ref in zip(arguments, own, strict=True)
    )
    outputs = distinct(
        Port(name, f"{returned}:0")
        for name, (returned, _) in zip(leaves, body.returns, strict=True)
    )
    leaves = [port.name for port in outputs]
    nodes = inputs_of(ports)
    source = finish(
        what,
        model.builder(),
        body,
        [*nodes, *bound],
        list(zip(nodes, ports, strict=True)),
        outputs,
    )
    nested = not isinstance(structure, dict) and len(outputs) > 1
    return replace(source, structure=fill(structure, leaves) if nested else None)


def argument_ports(saved: Proto) -> list[Port]:
    """The arguments of a concrete function, flat, as its signature has them."""
    import tensorflow as tf

    args, kwargs = decode(saved.canonicalized_input_signature)
    found = []
    for name, spec in _named([args, kwargs]):
        if not isinstance(spec, tf.TensorSpec):
            if isinstance(spec, tf.TypeSpec):
                raise SourceError(
                    f"argument '{name}' is a {type(spec).__name__}: only tensors can "
                    "be inputs; save a function that takes its components"
                )
            continue
        shape = None if spec.shape.rank is None else tuple(spec.shape.as_list())
        found.append(Port(spec.name or name, "", spec.dtype.name, shape))
    return found


def _named(value: Any) -> list[tuple[str, Any]]:
    return [(f"arg_{i}", leaf) for i, leaf in enumerate(flatten(value))]


def decode(value: Proto) -> Any:
    """A StructuredValue as nested tuples, lists and dicts of TensorSpecs."""
    from tensorflow.python.saved_model import nested_structure_coder

    return nested_structure_coder.decode_proto(value)
