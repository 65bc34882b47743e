"""A reference interpreter: a TF-dialect graph evaluated op by op with tf.raw_ops.

What a front end built is judged by value: the same inputs must give TensorFlow's own
results. It is meant to be plain, not fast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import (
    Case,
    Const,
    CustomGradient,
    Input,
    Node,
    Op,
    Out,
    Table,
    TableInfo,
    Variable,
    VariableInfo,
    While,
)


class Interpreter:
    """State (variables, tables) lives as long as the interpreter, as in TF."""

    def __init__(self) -> None:
        self.variables: dict[VariableInfo, Any] = {}
        self.tables: dict[TableInfo, Any] = {}

    def __call__(self, graph: Graph, *inputs: Any) -> dict[str, Any]:
        results = self.run(graph, inputs)
        return {name: r for (name, _), r in zip(graph.outputs, results, strict=True)}

    def run(self, graph: Graph, inputs: Sequence[Any]) -> list[Any]:
        """Effects come first and in order; what they need runs before them."""
        import tensorflow as tf

        values: dict[Node, list[Any]] = {}
        for node, value in zip(graph.inputs, inputs, strict=True):
            handle = node.dtype in {"resource", "variant"}
            values[node] = [
                value if handle else tf.convert_to_tensor(value, node.dtype)
            ]
        for root in (*graph.effects, *graph.results):
            self._evaluate(root, values)
        return [values[node][0] for node in graph.results]

    def _evaluate(self, root: Node, values: dict[Node, list[Any]]) -> None:
        stack = [root]
        while stack:
            node = stack[-1]
            waits = [n for n in node.operands if n not in values]
            if node in values or not waits:
                stack.pop()
            if node not in values and not waits:
                values[node] = self._node(node, values)
            stack.extend(waits if node not in values else ())

    def _node(self, node: Node, values: Mapping[Node, list[Any]]) -> list[Any]:
        import tensorflow as tf

        operands = [values[n][0] for n in node.operands]
        match node:
            case Const():
                return [tf.constant(node.array, node.dtype)]
            case Variable():
                return [self.variable(node.info).handle]
            case Table():
                return [self.table(node.info).resource_handle]
            case Out():
                return [values[node.node][node.index]]
            case Case():
                index = int(operands[0])
                if not 0 <= index < len(node.branches):
                    index = len(node.branches) - 1
                return self.run(node.branches[index], operands[1:])
            case While():
                while bool(self.run(node.cond, operands)[0]):
                    operands = self.run(node.body, operands)
                return operands
            case CustomGradient():
                return list(operands)
            case Op():
                return raw_op(node, operands)
            case Input():
                raise AssertionError(f"input {node.name} has no value")
        raise AssertionError(f"no meaning for {type(node).__name__}")

    def variable(self, info: VariableInfo) -> Any:
        import tensorflow as tf

        if info not in self.variables:
            value = info.load()
            assert info.shape is None or value.shape == info.shape, info
            assert tf.as_dtype(value.dtype).name in (info.dtype, "string"), info
            self.variables[info] = tf.Variable(value, dtype=info.dtype)
        return self.variables[info]

    def table(self, info: TableInfo) -> Any:
        import tensorflow as tf

        if info not in self.tables:
            keys, values = info.load()
            table = tf.lookup.experimental.MutableHashTable(
                info.key_dtype,
                info.value_dtype,
                "" if info.value_dtype == "string" else 0,
            )
            if len(keys):
                table.insert(
                    tf.constant(keys, info.key_dtype),
                    tf.constant(values, info.value_dtype),
                )
            self.tables[info] = table
        return self.tables[info]


def raw_op(node: Op, operands: list[Any]) -> list[Any]:
    """``node`` run eagerly, with exactly the operands and attributes that it has."""
    from tensorflow.python.eager import context, execute
    from tensorflow.python.framework import op_def_registry

    op_def = op_def_registry.get(node.op)
    assert op_def is not None, node.op
    attrs: list[Any] = []
    for attr in op_def.attr:
        attrs += [attr.name, _attr(attr.type, node.attrs[attr.name])]
    ctx = context.context()
    ctx.ensure_initialized()
    results = execute.quick_execute(
        node.op, len(node.types), operands, tuple(attrs), ctx
    )
    flat = results if isinstance(results, list) else []
    assert len(flat) == len(node.types), f"{node.op}: results {len(flat)} and types"
    for value, kind in zip(flat, node.types, strict=True):
        assert value.dtype.name == kind.dtype, f"{node.op}: {value.dtype} is not {kind}"
    return list(flat)


def _attr(kind: str, value: Any) -> Any:
    """An attribute as the eager runtime takes it."""
    import tensorflow as tf

    if kind.startswith("list("):
        return [_attr(kind[5:-1], item) for item in value]
    if kind == "type":
        return tf.as_dtype(value).as_datatype_enum
    if kind == "shape":
        return None if value is None else [-1 if d is None else d for d in value]
    return value


def same(got: Any, expected: Any, tolerance: float = 1e-5) -> None:
    """Equal dtype and shape, and values within ``tolerance`` of the scale."""
    left, right = np.asarray(got), np.asarray(expected)
    assert left.dtype == right.dtype, f"{left.dtype} is not {right.dtype}"
    assert left.shape == right.shape, f"{left.shape} is not {right.shape}"
    if left.dtype.kind in "fc":
        scale = float(np.max(np.abs(right), initial=1.0))
        np.testing.assert_allclose(left, right, atol=tolerance * scale, rtol=tolerance)
    else:
        np.testing.assert_array_equal(left, right)
