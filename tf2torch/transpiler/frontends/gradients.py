"""Custom gradients: ``IdentityN`` marked with ``_gradient_op_type``.

before: ``IdentityN(results..., arguments...; _gradient_op_type=CustomGradient-7)``
after:  ``CustomGradient(results..., arguments...; backward)``

``tf.custom_gradient`` ends in such an IdentityN; its gradient is a function of one
gradient per operand and of what it captured. A SavedModel lists these functions when
it was saved with ``experimental_custom_gradients`` (the default); a live function has
them in TensorFlow's gradient registry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Const, CustomGradient, Input, Node, Table, Variable
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.frontends.body import Body, Library, RawNode, Ref, tensor_ref
from tf2torch.transpiler.frontends.gradient import Capture, Gradient
from tf2torch.transpiler.frontends.structure import positions_of
from tf2torch.transpiler.frontends.tasks import Task

if TYPE_CHECKING:
    from tf2torch.transpiler.frontends.build import Builder, Frame
    from tf2torch.transpiler.frontends.saved_model import SavedModel


def custom_gradient(
    build: Builder,
    raw: RawNode,
    inputs: Sequence[Node],
    values: Mapping[Ref, Node],
    frame: Frame,
    body: Body,
) -> Task[list[Node]] | None:
    """The task that builds a marked IdentityN; None when its gradient is not known."""
    gradient = build.library.gradient_of(raw)
    if gradient is None or gradient.function in frame.calls:
        return None
    captured = [capture.value(body, values) for capture in gradient.captures]
    if any(node is None for node in captured):
        return None
    known = [node for node in captured if node is not None]
    return _build(build, raw, list(inputs), gradient, known, frame)


def _build(
    build: Builder,
    raw: RawNode,
    inputs: list[Node],
    gradient: Gradient,
    captured: list[Node],
    frame: Frame,
) -> Task[list[Node]]:
    from tf2torch.transpiler.frontends.build import outs

    backward = build.library.body(gradient.function)
    inner = frame.inside(raw, "gradient", gradient.function)
    formals: list[Input] = []
    args: list[Node] = []
    captures: list[Node] = []
    for i, (ref, actual) in enumerate(
        zip(backward.args, [*inputs, *captured], strict=True)
    ):
        if i >= len(inputs) and isinstance(actual, Const | Variable | Table):
            args.append(actual)
            continue
        kind = TensorType(actual.dtype, None)
        formals.append(Input(ref[0], types=(kind,), origin=inner.origin(ref[0])))
        args.append(formals[-1])
        if i >= len(inputs):
            captures.append(actual)
    results: list[Node] = yield build.body(backward, args, inner)
    named = zip(map(str, gradient.positions), results, strict=True)
    region = Graph(backward.name, tuple(formals), tuple(named), tuple(inner.effects))
    types = tuple(TensorType(node.dtype, None) for node in inputs)
    node = CustomGradient(
        tuple(inputs),
        tuple(captures),
        region,
        types=types,
        origin=frame.origin(raw.name),
    )
    return outs(node)


def saved_gradients(
    model: SavedModel, registered: Sequence[Any]
) -> dict[str, Gradient]:
    """The gradients that a SavedModel registers, by the type of their IdentityN."""
    found: dict[str, Gradient] = {}
    for entry in registered:
        saved = model.objects.concrete_functions.get(entry.gradient_func)
        if saved is None or entry.gradient_func not in model.library:
            continue
        from tf2torch.transpiler.frontends.saved_function import decode

        captures = tuple(_saved_capture(model, i) for i in saved.bound_inputs)
        positions = tuple(positions_of(decode(saved.output_signature)))
        found[entry.registered_op_type] = Gradient(
            entry.gradient_func, captures, positions
        )
    return found


def _saved_capture(model: SavedModel, object_id: int) -> Capture:
    node = model.objects.nodes[object_id]
    if node.WhichOneof("kind") != "captured_tensor":
        return Capture(leaf=lambda: model.object(object_id))
    function = node.captured_tensor.concrete_function
    ref = tensor_ref(node.captured_tensor.name)
    definition = model.library.functions.get(function)
    for arg in definition.signature.input_arg if definition is not None else ():
        # A function's arguments are its placeholders under normalised names.
        if arg.name == re.sub(r"[^a-z0-9]+", "_", ref[0].lower()):
            ref = (arg.name, 0)
    return Capture(function=function, tensor=ref)


def live_gradients(
    library: Library, function: Any, name: str, leaf: Callable[[Any], Node]
) -> None:
    """Trace the registered gradients of a live function into ``library``."""
    graphs = [(name, function.graph)]
    seen: set[str] = set()
    while graphs:
        owner, graph = graphs.pop()
        for inner_name, inner in dict(getattr(graph, "_functions", {})).items():
            text = inner_name.decode() if isinstance(inner_name, bytes) else inner_name
            inner_graph = getattr(inner, "graph", None)
            if text not in seen and inner_graph is not None:
                seen.add(text)
                graphs.append((text, inner_graph))
        for op in graph.get_operations():
            if op.type == "IdentityN":
                _register(library, op, owner, graph, leaf)


def _register(
    library: Library, op: Any, owner: str, graph: Any, leaf: Callable[[Any], Node]
) -> None:
    """Add the gradient of one IdentityN, when it is marked and can be traced."""
    import tensorflow as tf
    from tensorflow.python.framework import ops

    try:
        kind = op.get_attr("_gradient_op_type").decode()
        rule = ops.gradient_registry.lookup(kind)
    except (ValueError, LookupError):
        return
    traced = tf.function(rule).get_concrete_function(None, *op.inputs)
    definition = traced.function_def
    functions = {
        f.signature.name: f for f in traced.graph.as_graph_def().library.function
    }
    library.add({**functions, definition.signature.name: definition})
    captures = tuple(
        _live_capture(tensor, owner, graph, leaf) for tensor in traced.captured_inputs
    )
    positions = tuple(positions_of(traced.structured_outputs))
    library.gradients[kind] = Gradient(definition.signature.name, captures, positions)


def _live_capture(
    tensor: Any, owner: str, graph: Any, leaf: Callable[[Any], Node]
) -> Capture:
    if not hasattr(tensor, "op") or hasattr(tensor, "numpy"):
        return Capture(leaf=lambda: leaf(tensor))
    for i, formal in enumerate(graph.inputs):
        if formal is tensor:
            return Capture(function=owner, argument=i)
    return Capture(function=owner, tensor=(tensor.op.name, tensor.value_index))


def waiting(body: Body, library: Library) -> Body:
    """``body`` whose marked IdentityNs run after what their gradients captured."""
    changed: dict[str, RawNode] = {}
    for raw in body.nodes.values():
        gradient = library.gradient_of(raw)
        if gradient is None:
            continue
        names = [
            capture.tensor[0]
            for capture in gradient.captures
            if capture.tensor is not None and capture.function == body.name
        ]
        extra = tuple(name for name in names if name in body.nodes)
        changed[raw.name] = replace(raw, controls=(*raw.controls, *extra))
    return replace(body, nodes={**body.nodes, **changed}) if changed else body
