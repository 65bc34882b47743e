"""Graphs whose ends are tensors: frozen graphs, TF1 checkpoints and SavedModels.

``inputs`` and ``outputs`` are tensor names. Naming a tensor in the middle of the graph
as an input cuts it there: what computes it (an input queue, a decoder) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Origin
from tf2torch.transpiler.frontends import scopes
from tf2torch.transpiler.frontends.body import (
    Body,
    Library,
    RawNode,
    Ref,
    graph_nodes,
    tensor_ref,
)
from tf2torch.transpiler.frontends.interface import Port, unknown
from tf2torch.transpiler.frontends.schema import Proto, Result, shape

# Before this producer version an empty shape attribute meant "unknown".
SCALARS_SINCE = 24


@dataclass(frozen=True)
class GraphFile:
    """A GraphDef normalised: nodes, library and the version that wrote it."""

    nodes: dict[str, RawNode]
    library: Library
    producer: int

    @classmethod
    def of(cls, graph_def: Proto, library: Library) -> GraphFile:
        nodes = graph_nodes(graph_def.node)
        return cls(nodes, library, graph_def.versions.producer)

    def ref(self, name: str) -> Ref:
        """A tensor by the name that a user gave, ``:0`` optional."""
        ref = tensor_ref(
            name.removeprefix("import/") if name not in self.nodes else name
        )
        if ref[0] not in self.nodes:
            raise unknown("tensor", name, self.nodes)
        results = self.results(ref[0])
        if results is not None and ref[1] >= len(results):
            raise SourceError(
                f"no tensor '{name}': {ref[0]} has {len(results)} result(s), "
                "counted from :0"
            )
        return ref

    def results(self, name: str) -> tuple[Result, ...] | None:
        node = self.nodes[name]
        op_def = self.library.op_def(node.op)
        if op_def is None:
            return None
        return self.library.schemas.results(op_def, node.attrs)

    def origin(self, name: str) -> Origin:
        return scopes.origin((), "", name)

    def port(self, ref: Ref, name: str | None = None) -> Port:
        """A tensor as an input or output, typed as far as the graph says."""
        results = self.results(ref[0])
        dtype = results[ref[1]].dtype if results else "float32"
        label = name or (ref[0] if ref[1] == 0 else f"{ref[0]}_{ref[1]}")
        return Port(label, f"{ref[0]}:{ref[1]}", dtype, self._shape(ref))

    def _shape(self, ref: Ref) -> tuple[int | None, ...] | None:
        node = self.nodes[ref[0]]
        if "shape" in node.attrs and node.op.startswith("Placeholder"):
            sizes = shape(node.attrs["shape"].shape)
            if sizes != () or self.producer >= SCALARS_SINCE:
                return sizes
            return None
        if "_output_shapes" in node.attrs:
            shapes = node.attrs["_output_shapes"].list.shape
            if ref[1] < len(shapes):
                return shape(shapes[ref[1]])
        return None


def body_between(
    graph: GraphFile, name: str, inputs: Sequence[Port], outputs: Sequence[Port]
) -> Body:
    """The part of the graph from ``inputs`` to ``outputs``, control flow raised."""
    args = tuple(tensor_ref(port.tensor) for port in inputs)
    returns = tuple((port.name, tensor_ref(port.tensor)) for port in outputs)
    types = tuple(Result(port.dtype) for port in inputs)
    needed = _needed(graph.nodes, returns, set(args))
    nodes = {k: v for k, v in graph.nodes.items() if k in needed}
    return graph.library.prepare(Body(name, nodes, args, types, returns))


def _needed(
    nodes: Mapping[str, RawNode], returns: Iterable[tuple[str, Ref]], cut: set[Ref]
) -> set[str]:
    """Nodes upstream of ``returns`` by data and control."""
    found: set[str] = set()
    stack = [ref for _, ref in returns]
    cut_nodes = {name for name, _ in cut}
    while stack:
        ref = stack.pop()
        if ref in cut or ref[0] in found or ref[0] not in nodes:
            continue
        found.add(ref[0])
        stack.extend(nodes[ref[0]].inputs)
        stack.extend((c, 0) for c in nodes[ref[0]].controls if c not in cut_nodes)
    return found
