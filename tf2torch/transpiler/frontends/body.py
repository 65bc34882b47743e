"""Graphs and library functions in one normal form, before anything is inlined.

A ``GraphDef`` names a tensor ``node:port``; a ``FunctionDef`` names it
``node:output:index``. Both become a :class:`Body` whose references are flat ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.gradient import Gradient
from tf2torch.transpiler.frontends.schema import MAX_RESULTS, Proto, Result, Schemas

Ref: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class RawNode:
    """A node as the file has it; ``bodies`` are regions found by raising."""

    name: str
    op: str
    inputs: tuple[Ref, ...]
    controls: tuple[str, ...]
    attrs: Mapping[str, Proto]
    bodies: tuple[Body, ...] = ()
    results: tuple[Result, ...] | None = None


@dataclass(frozen=True, eq=False)
class Body:
    """A graph with arguments. ``args`` are the tensors that the caller supplies.

    ``effects`` says that stateful nodes run even where no result needs them, as in
    a ``tf.function``; in a v1 graph only what the results need runs.
    """

    name: str
    nodes: Mapping[str, RawNode]
    args: tuple[Ref, ...]
    arg_types: tuple[Result, ...]
    returns: tuple[tuple[str, Ref], ...]
    roots: tuple[str, ...] = ()
    effects: bool = False

    @cached_property
    def arg_refs(self) -> frozenset[Ref]:
        return frozenset(self.args)


@dataclass
class Library:
    """Functions of a file, normalised when they are first called."""

    schemas: Schemas
    functions: Mapping[str, Proto] = field(default_factory=dict)
    gradients: dict[str, Gradient] = field(default_factory=dict)
    _bodies: dict[str, Body] = field(default_factory=dict)

    @classmethod
    def of(cls, library: Proto, schemas: Schemas) -> Library:
        return cls(schemas, {f.signature.name: f for f in library.function})

    def add(self, functions: Mapping[str, Proto]) -> None:
        """More functions; those that are there already stay."""
        self.functions = {**functions, **self.functions}

    def gradient_of(self, raw: RawNode) -> Gradient | None:
        """The custom gradient of a node that is marked with a known one."""
        if raw.op != "IdentityN" or "_gradient_op_type" not in raw.attrs:
            return None
        kind = raw.attrs["_gradient_op_type"].s.decode("utf-8", "replace")
        return self.gradients.get(kind)

    def prepare(self, body: Body) -> Body:
        """``body`` with v1 control flow raised, ready to be built."""
        from tf2torch.transpiler.frontends.gradients import waiting

        return waiting(raise_control_flow(_with_results(body, self)), self)

    def __contains__(self, name: str) -> bool:
        return name in self.functions

    def body(self, name: str) -> Body:
        if name not in self._bodies:
            if name not in self.functions:
                raise SourceError(
                    f"function '{name}' is called but is not in the library: "
                    "the file is incomplete; save the model again"
                )
            body = function_body(self.functions[name], self)
            self._bodies[name] = self.prepare(body)
        return self._bodies[name]

    def op_def(self, op: str) -> Proto | None:
        """The schema of an op, or of a library function called as an op (TF1)."""
        if op in self.functions:
            return self.functions[op].signature
        return self.schemas.get(op)


def _with_results(body: Body, library: Library) -> Body:
    """Ops without a schema get as many results as anybody reads."""
    strange = {n.name for n in body.nodes.values() if library.op_def(n.op) is None}
    if not strange:
        return body
    ports = dict.fromkeys(strange, 1)
    refs = [ref for node in body.nodes.values() for ref in node.inputs]
    for name, port in (*refs, *(ref for _, ref in body.returns)):
        if name in strange:
            ports[name] = max(ports[name], min(port + 1, MAX_RESULTS))
    new = {
        name: replace(body.nodes[name], results=(Result("float32"),) * count)
        for name, count in ports.items()
    }
    return replace(body, nodes={**body.nodes, **new})


def raise_control_flow(body: Body) -> Body:
    """``body`` with v1 loops and conditionals as While and If nodes."""
    from tf2torch.transpiler.frontends.raise_conds import raise_conds
    from tf2torch.transpiler.frontends.raise_loops import raise_loops

    ops = {node.op for node in body.nodes.values()}
    if "LoopCond" in ops:
        body = raise_loops(body)
    return raise_conds(body) if {"Merge", "RefMerge"} & ops else body


def graph_nodes(nodes: Iterable[Proto]) -> dict[str, RawNode]:
    """The nodes of a GraphDef by name."""
    found: dict[str, RawNode] = {}
    for node in nodes:
        inputs, controls = _split(node.input)
        refs = tuple(tensor_ref(text) for text in inputs)
        found[node.name] = RawNode(node.name, node.op, refs, controls, node.attr)
    return found


def tensor_ref(text: str) -> Ref:
    """``name`` or ``name:port`` as (name, port)."""
    name, colon, port = text.rpartition(":")
    if colon and port.isdigit():
        return name, int(port)
    return text, 0


def function_body(function: Proto, library: Library) -> Body:
    """A library function; its arguments are named like nodes with one result."""
    args: list[Ref] = []
    types: list[Result] = []
    schemas = library.schemas
    for arg, results in zip(
        function.signature.input_arg,
        _arg_types(function.signature, schemas),
        strict=True,
    ):
        args += [(arg.name, i) for i in range(len(results))]
        types += results
    names = {arg.name for arg in function.signature.input_arg}
    protos = {node.name: node for node in function.node_def}
    strange: dict[str, dict[str, int]] = {}

    def ref(text: str) -> Ref:
        return _function_ref(text, names, protos, library, strange)

    nodes: dict[str, RawNode] = {}
    for node in function.node_def:
        inputs, controls = _split(node.input)
        refs = tuple(map(ref, inputs))
        nodes[node.name] = RawNode(node.name, node.op, refs, controls, node.attr)
    returns = tuple(
        (arg.name, ref(function.ret[arg.name])) for arg in function.signature.output_arg
    )
    roots = tuple(sorted(function.control_ret.values()))
    return Body(
        function.signature.name, nodes, tuple(args), tuple(types), returns, roots, True
    )


def _arg_types(signature: Proto, schemas: Schemas) -> list[list[Result]]:
    """Per argument the dtypes of its tensors (nearly always one)."""
    found = []
    for arg in signature.input_arg:
        if not arg.type:
            raise SourceError(
                f"function '{signature.name}' is generic in its argument "
                f"'{arg.name}': save the model with a traced (tf.function) copy of it"
            )
        found.append([Result(schemas.dtype(arg.type), arg.is_ref or arg.type > 100)])
    return found


def _split(inputs: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    data = [text for text in inputs if not text.startswith("^")]
    controls = [text[1:].split(":")[0] for text in inputs if text.startswith("^")]
    return data, tuple(controls)


def _function_ref(
    text: str,
    args: set[str],
    protos: Mapping[str, Proto],
    library: Library,
    strange: dict[str, dict[str, int]],
) -> Ref:
    """``arg``, ``arg:i``, ``node:output:i`` (or ``node:output``) as (name, port).

    ``strange`` numbers the outputs of ops without a schema as they are met.
    """
    name, _, rest = text.partition(":")
    if name in args and name not in protos:
        return name, _index(rest)
    if name not in protos:
        raise SourceError(f"a function reads '{text}', which it does not hold")
    output, _, index = rest.partition(":")
    node = protos[name]
    op_def = library.op_def(node.op)
    if op_def is None:
        ports = strange.setdefault(name, {})
        return name, ports.setdefault(rest, len(ports))
    if not output or len(op_def.output_arg) == 1:
        return name, _index(index)
    port = library.schemas.port(op_def, node.attr, output, _index(index))
    return name, port


def _index(text: str) -> int:
    return int(text) if text.isdigit() else 0
