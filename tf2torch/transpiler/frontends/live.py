"""Live objects: tf.function, ConcreteFunction, tf.Module.

``VariableInfo.key`` is the index of the variable in ``ConcreteFunction.variables``.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Const, Node, Table, Variable, VariableInfo
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.frontends.body import Body, Library, graph_nodes
from tf2torch.transpiler.frontends.build import Builder
from tf2torch.transpiler.frontends.gradients import live_gradients
from tf2torch.transpiler.frontends.interface import (
    Identity,
    Port,
    distinct,
    finish,
    inputs_of,
    unknown,
)
from tf2torch.transpiler.frontends.names import Names
from tf2torch.transpiler.frontends.schema import Proto, Result, Schemas
from tf2torch.transpiler.frontends.source import Source
from tf2torch.transpiler.frontends.structure import fill, flatten, named_leaves
from tf2torch.transpiler.frontends.tables import table_node

# A concrete function's name: its Python function's, and a number of the process.
TRACED = re.compile(r"__inference_(.+)_\d+")
KEY_DTYPES = ("string", "int64", "int32")
VALUE_DTYPES = ("int64", "string", "float32", "int32", "float64", "bool")


@dataclass(frozen=True)
class Named:
    """What a front end says about a live variable: its name, key and trainability."""

    name: str
    key: str
    variable: Any
    trainable: bool


@dataclass
class Captures:
    """What a concrete function captured, as leaves; one node per captured object."""

    variables: Mapping[int, Named]
    names: Names = field(default_factory=Names)
    found: dict[int, Node] = field(default_factory=dict)

    def leaf(self, tensor: Any) -> Node:
        if id(tensor) not in self.found:
            self.found[id(tensor)] = self._leaf(tensor)
        return self.found[id(tensor)]

    def _leaf(self, tensor: Any) -> Node:
        if tensor.dtype.name == "resource":
            named = self.variables.get(id(tensor))
            return self._variable(named) if named else self._table(tensor)
        if not hasattr(tensor, "numpy") or tensor.dtype.name == "variant":
            raise SourceError(
                f"the function captures {tensor}, which has no value outside of the "
                "graph that it belongs to: pass it as an argument"
            )
        value = _numpy(tensor)
        return Const(value, types=(TensorType(tensor.dtype.name, value.shape),))

    def _variable(self, named: Named) -> Variable:
        variable = named.variable
        shape = (
            tuple(variable.shape.as_list()) if variable.shape.rank is not None else None
        )
        info = VariableInfo(
            name=self.names.unique(named.name),
            key=named.key,
            dtype=variable.dtype.base_dtype.name,
            shape=shape,
            trainable=named.trainable,
            load=lambda: np.asarray(variable.numpy()),
        )
        return Variable(info=info, types=(TensorType("resource", ()),))

    def _table(self, handle: Any) -> Table:
        """A captured handle that is no variable: a table, of dtypes found by asking."""
        import tensorflow as tf

        for key in KEY_DTYPES:
            for value in VALUE_DTYPES:
                # Exporting with wrong dtypes aborts the process; a lookup says no.
                keys, default = tf.zeros([0], key), tf.zeros([], value)
                try:
                    tf.raw_ops.LookupTableFindV2(
                        table_handle=handle, keys=keys, default_value=default
                    )
                except tf.errors.OpError as error:
                    # A table of vectors has these dtypes and refuses the default.
                    if "xpected shape" not in str(error):
                        continue
                return self._named_table(handle, key, value)
        raise SourceError(
            "the function captures a resource that is neither variable nor lookup "
            "table: pass what it computes as an argument"
        )

    def _named_table(self, handle: Any, key: str, value: str) -> Table:
        import tensorflow as tf

        def load() -> tuple[np.ndarray, np.ndarray]:
            keys, values = tf.raw_ops.LookupTableExportV2(
                table_handle=handle, Tkeys=key, Tvalues=value
            )
            return _numpy(keys), _numpy(values)

        return table_node(self.names.unique("table"), key, value, load)


def _numpy(tensor: Any) -> np.ndarray:
    """Strings as object arrays of bytes, scalars as arrays of rank 0."""
    value = tensor.numpy()
    return (
        np.array(value, object) if tensor.dtype.name == "string" else np.asarray(value)
    )


def from_concrete(
    function: Any, what: Identity, variables: Mapping[int, Named] | None = None
) -> tuple[Source, Builder]:
    """A concrete function as a Source; the Builder knows the dropout marks."""
    graph_def = function.graph.as_graph_def()
    captured = list(function.captured_inputs)
    own = list(function.inputs)[: len(function.inputs) - len(captured)]
    ports = distinct(_port(tensor) for tensor in own)
    structure = _tensors(function.structured_outputs)
    leaves = named_leaves(structure, "output")
    returned = _returned(function, len(leaves))
    outputs = distinct(
        Port(name, t.name) for name, t in zip(leaves, returned, strict=True)
    )
    leaves = [port.name for port in outputs]
    captures = Captures(
        function_variables(function) if variables is None else variables
    )
    library = Library.of(graph_def.library, Schemas())
    live_gradients(library, function, what.name, captures.leaf)
    build = Builder(library, lambda raw, path: None)
    nodes = inputs_of(ports)
    source = finish(
        what,
        build,
        library.prepare(_body(function, graph_def, what.name, returned)),
        [*nodes, *map(captures.leaf, captured)],
        list(zip(nodes, ports, strict=True)),
        outputs,
    )
    if len(outputs) > 1 or isinstance(structure, list | tuple | dict):
        source = replace(source, structure=fill(structure, leaves))
    return source, build


def _returned(function: Any, count: int) -> list[Any]:
    """Its ``count`` outputs; a tape adds what the gradient needs behind them."""
    return list(function.outputs[:count])


def _body(function: Any, graph_def: Proto, name: str, outputs: Sequence[Any]) -> Body:
    """The graph of a concrete function; what it captured are its last arguments."""
    return Body(
        name,
        graph_nodes(graph_def.node),
        tuple((t.op.name, t.value_index) for t in function.inputs),
        tuple(Result(t.dtype.base_dtype.name) for t in function.inputs),
        tuple((t.name, (t.op.name, t.value_index)) for t in outputs),
        tuple(op.name for op in function.graph.control_outputs),
        effects=True,
    )


def _tensors(structure: Any) -> Any:
    """The nest of outputs; sparse and ragged tensors are tuples of their components."""
    leaves = flatten(structure)
    parts = [_components(leaf) for leaf in leaves]
    whole = all(part is leaf for part, leaf in zip(parts, leaves, strict=True))
    return structure if whole else fill(structure, parts)


def _components(leaf: Any) -> Any:
    """In TensorFlow's order, named as its attributes are."""
    import tensorflow as tf

    if isinstance(leaf, tf.SparseTensor):
        names = ["indices", "values", "dense_shape"]
    elif isinstance(leaf, tf.IndexedSlices):
        names = ["values", "indices", "dense_shape"]
    elif isinstance(leaf, tf.RaggedTensor):
        names = ["values", "row_splits"]
        if leaf.ragged_rank > 1:
            names = [f"row_splits_{i}" for i in range(leaf.ragged_rank)]
            names = ["flat_values", *names]
    else:
        return leaf
    parts = tf.nest.flatten(leaf, expand_composites=True)
    return namedtuple(type(leaf).__name__, names[: len(parts)])(*parts)


def _port(tensor: Any) -> Port:
    try:
        name = tensor.op.get_attr("_user_specified_name").decode()
    except ValueError:
        name = tensor.op.name
    shape = None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
    return Port(name, tensor.name, tensor.dtype.base_dtype.name, shape)


def function_variables(function: Any) -> dict[int, Named]:
    """Handle → variable, for what a concrete function reads."""
    return {
        id(v.handle): Named(v.name, str(i), v, bool(v.trainable))
        for i, v in enumerate(function.variables)
    }


def load_live(source: Any, signature: str | None) -> Source:
    """A tf.function, ConcreteFunction or tf.Module as a Source."""
    function, name = concrete(source, signature)
    return from_concrete(function, Identity("live", name, signature=signature))[0]


def concrete(source: Any, signature: str | None) -> tuple[Any, str]:
    """The concrete function to port, and what to call it."""
    import tensorflow as tf

    if isinstance(source, tf.types.experimental.ConcreteFunction):
        return source, _plain_name(source)
    if isinstance(source, tf.types.experimental.PolymorphicFunction):
        return _traced(source), _plain_name(source)
    methods = _methods(source)
    if signature is not None:
        if signature not in methods:
            raise unknown("signature", signature, methods)
        chosen = methods[signature]
    elif "__call__" in methods:
        chosen = methods["__call__"]
    elif len(methods) == 1:
        chosen = next(iter(methods.values()))
    else:
        raise SourceError(_which_method(source, list(methods)))
    if not hasattr(chosen, "captured_inputs"):
        chosen = _traced(chosen)
    return chosen, type(source).__name__


def _which_method(source: Any, methods: Sequence[str]) -> str:
    kind = type(source).__name__
    if not methods:
        return (
            f"{kind} has no tf.function: decorate a method with "
            "@tf.function(input_signature=...)"
        )
    return f"{kind} has several functions: choose one with signature=: {methods}"


def _plain_name(function: Any) -> str:
    python = getattr(function, "python_function", None)
    name = getattr(python, "__name__", None) or getattr(function, "name", b"function")
    text = name.decode() if isinstance(name, bytes) else str(name)
    traced = TRACED.fullmatch(text)
    text = traced[1] if traced else text
    return "function" if text == "<lambda>" else text


def _methods(source: Any) -> dict[str, Any]:
    """The functions of a module: signatures of a loaded model, tf.function methods."""
    import tensorflow as tf

    kinds = (
        tf.types.experimental.PolymorphicFunction,
        tf.types.experimental.ConcreteFunction,
    )
    found: dict[str, Any] = {}
    for name in dir(source):
        if name == "__call__" or not name.startswith("_"):
            member = getattr(source, name, None)
            if isinstance(member, kinds):
                found[name] = member
    for name, function in dict(getattr(source, "signatures", {}) or {}).items():
        found.setdefault(name, function)
    return found


def _traced(function: Any) -> Any:
    """The one concrete function of a tf.function; doubt is an error."""
    import tensorflow as tf

    if getattr(function, "input_signature", None) is not None:
        return function.get_concrete_function()
    listed = getattr(function, "_list_all_concrete_functions", None)
    traces = listed() if listed is not None else []
    if len(traces) == 1:
        return traces[0]
    try:
        return function.get_concrete_function()
    except (TypeError, ValueError, tf.errors.OpError):
        raise SourceError(
            f"this tf.function has {len(traces)} traces and no input_signature: pass "
            "function.get_concrete_function(tf.TensorSpec(...)) instead"
        ) from None
