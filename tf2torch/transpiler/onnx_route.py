"""The second route: a TF op through tf2onnx to ONNX nodes, and these to torch source.

It shares nothing with the rules, so what it writes is an independent candidate; the
verifier decides. Where the way is closed it says at which step, and why.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tf2torch import pycode
from tf2torch.ir.nodes import Const, Input, Node, Unported
from tf2torch.ir.types import HANDLES, Shape, TensorType
from tf2torch.transpiler import tf_ops
from tf2torch.transpiler.emit.gaps import function_text, operands
from tf2torch.transpiler.onnx_source import Untranslated, statement

OPSET = 17
LARGEST = 512  # elements of a constant that may stand in source
NOT_PORTED = "    raise NotImplementedError("


def through_onnx(name: str, nodes: Sequence[Unported]) -> tuple[str, str]:
    """(source of function ``name``, '') or ('', why there is none)

    ``nodes`` share the function; a constant operand that differs stays a parameter.
    """
    node = _generalised(nodes)
    try:
        model = _converted(node)
        body = list(_statements(model.graph, [n for n, _ in operands(node)], node))
    except Untranslated as error:
        return "", str(error)
    header = function_text(name, node).split('    """')[0]
    doc = f'    """TensorFlow\'s {node.op}, by way of its ONNX form."""'
    return "\n".join([header.rstrip(), doc, *(f"    {line}" for line in body)]), ""


def _generalised(nodes: Sequence[Unported]) -> Unported:
    """The first node, with those operands constant that are the same in all, and of
    the sizes that all agree on."""
    first = nodes[0]
    columns = zip(*(node.inputs for node in nodes), strict=True)
    return replace(first, inputs=tuple(map(_common, columns)))


def _common(column: tuple[Node, ...]) -> Node:
    first, *others = column
    if isinstance(first, Const) and all(
        isinstance(n, Const) and np.array_equal(n.array, first.array) for n in others
    ):
        return first
    shapes = {n.shape for n in column}
    shape = first.shape if len(shapes) == 1 else _joined(shapes)
    return Input("x", types=(TensorType(first.dtype, shape),))


def _joined(shapes: set[Shape | None]) -> Shape | None:
    """Sizes that differ are open; no shape where the ranks differ."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or len({len(shape) for shape in known}) > 1:
        return None
    return tuple(
        sizes[0] if len(set(sizes)) == 1 else f"n{axis}"
        for axis, sizes in enumerate(zip(*known, strict=True))
    )


def _converted(node: Unported) -> Any:
    import tensorflow as tf

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    try:
        import tf2onnx
    except ImportError as error:
        raise Untranslated(f"tf2onnx cannot be imported: {error}") from None
    if any(n.dtype in (*HANDLES, "string") for n in node.inputs):
        raise Untranslated("ONNX has no form for its operands")
    free = [n for n in node.inputs if not isinstance(n, Const)]
    specs = [tf.TensorSpec(_shape(n), tf.as_dtype(n.dtype)) for n in free]

    def call(*values: Any) -> Any:
        given = iter(values)
        flat = [
            tf.constant(n.array) if isinstance(n, Const) else next(given)
            for n in node.inputs
        ]
        return _applied(node, flat)

    try:
        function = tf.function(call, input_signature=specs)
        model, _ = tf2onnx.convert.from_function(function, specs, opset=OPSET)
    except Exception as error:  # tf2onnx raises whatever it meets
        text = " ".join(str(error).split())
        raise Untranslated(f"tf2onnx refuses {node.op}: {text[:200]}") from None
    return model


def _applied(node: Unported, flat: list[Any]) -> Any:
    """The raw op on a flat list of tensors."""
    import tensorflow as tf

    grouped, rest = {}, flat
    attrs = dict(node.attrs)
    lengths = tf_ops.argument_lengths(node.op, attrs)
    for argument, length in zip(tf_ops.schema(node.op).input_arg, lengths, strict=True):
        grouped[argument.name] = rest[0] if length is None else rest[:length]
        rest = rest[1 if length is None else length :]
    plain = {k: v for k, v in attrs.items() if k not in tf_ops.type_attrs(node.op)}
    op = getattr(tf.raw_ops, node.op)
    given = _as_python_says({**grouped, **plain}, inspect.signature(op).parameters)
    return list(tf.nest.flatten(op(**given)))


def _as_python_says(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Python calls some operands otherwise than the schema: Mean's
    ``reduction_indices`` is ``axis``."""
    left = iter([name for name in names if name not in given])
    known = set(names)
    return {k if k in known else next(left): v for k, v in given.items()}


def _shape(node: Any) -> list[int | None] | None:
    if node.shape is None:
        return None
    return [size if isinstance(size, int) else None for size in node.shape]


def _statements(graph: Any, parameters: list[str], node: Unported) -> Iterator[str]:
    from onnx import numpy_helper

    names: dict[str, str] = {"": "None"}
    free = [
        p
        for p, n in zip(parameters, node.inputs, strict=True)
        if not isinstance(n, Const)
    ]
    for value, parameter in zip(graph.input, free, strict=True):
        names[value.name] = parameter
    for tensor in graph.initializer:
        names[tensor.name] = _constant(numpy_helper.to_array(tensor))
    device = free[0] if free else None
    for index, step in enumerate(graph.node):
        if step.op_type == "Constant":
            value = numpy_helper.to_array(step.attribute[0].t)
            names[step.output[0]] = _constant(value)
            continue
        for number, output in enumerate(step.output):
            names[output] = f"v{index}" + ("" if number == 0 else f"_{number}")
        targets = ", ".join(names[o] for o in step.output)
        arguments = [_on(names[i], device) for i in step.input]
        yield f"{targets} = {statement(step, arguments)}"
    results = [_on(names[o.name], device) for o in graph.output]
    yield f"return {', '.join(results)}"


def _on(value: str, device: str | None) -> str:
    """A constant goes to where the inputs are."""
    if device is None or not value.startswith("torch.tensor("):
        return value
    return f"{value[:-1]}, device={device}.device)"


def _constant(array: np.ndarray) -> str:
    if array.size > LARGEST:
        raise Untranslated(f"its ONNX form holds a constant of {array.size} elements")
    dtype = array.dtype.name
    if dtype == "object" or dtype.startswith(("uint1", "uint3", "uint6")):
        raise Untranslated(f"its ONNX form holds constants of {dtype}")
    return f"torch.tensor({_listed(array.tolist())}, dtype=torch.{dtype})"


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_listed, value)) + "]"
    return pycode.text(pycode.lit(value))
