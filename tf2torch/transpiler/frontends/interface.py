"""The seam between a signature and its graph: inputs, outputs, the finished Source."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Input, Node, Op, Origin, Variable, VariableInfo
from tf2torch.ir.types import Dim, TensorType, symbol
from tf2torch.transpiler.frontends.body import Body
from tf2torch.transpiler.frontends.build import Builder, Frame
from tf2torch.transpiler.frontends.drop_unread import drop_unread
from tf2torch.transpiler.frontends.effects import assigned_variables, settle
from tf2torch.transpiler.frontends.names import Names
from tf2torch.transpiler.frontends.sink import sink_reads
from tf2torch.transpiler.frontends.source import InputSpec, Source
from tf2torch.transpiler.frontends.tasks import run


@dataclass(frozen=True)
class Port:
    """One input or output of a signature, before anything is built."""

    name: str
    tensor: str
    dtype: str = "float32"
    shape: tuple[int | None, ...] | None = None


def distinct(ports: Iterable[Port]) -> list[Port]:
    """``ports`` with every name used once; a second ``x`` becomes ``x_1``."""
    names = Names()
    return [replace(port, name=names.unique(port.name)) for port in ports]


def inputs_of(ports: Sequence[Port]) -> list[Input]:
    """Inputs whose unknown sizes are symbols, each one of its own."""
    found = []
    for position, port in enumerate(ports):
        sizes: tuple[Dim, ...] | None = None
        if port.shape is not None:
            sizes = tuple(
                _size(port.name, axis, size, position == 0)
                for axis, size in enumerate(port.shape)
            )
        origin = Origin((), (port.tensor.rpartition(":")[0] or port.tensor,))
        kind = TensorType(port.dtype, sizes)
        found.append(Input(port.name, types=(kind,), origin=origin))
    return found


def _size(name: str, axis: int, size: int | None, first: bool) -> Dim:
    if size is not None:
        return size
    if first and axis == 0:
        return symbol("batch")
    return symbol(f"{re.sub(r'[^0-9A-Za-z]+', '_', name)}_{axis}")


@dataclass(frozen=True)
class Identity:
    """What a Source is called and where it comes from."""

    kind: str
    name: str
    path: Path | None = None
    signature: str | None = None
    fingerprint: str = ""


def finish(
    what: Identity,
    build: Builder,
    body: Body,
    args: Sequence[Node],
    inputs: Sequence[tuple[Input, Port]],
    outputs: Sequence[Port],
    after: Callable[[Graph], Graph] = lambda graph: graph,
) -> Source:
    """Build ``body`` over ``args`` and wrap it up; its returns are ``outputs``."""
    frame = Frame(calls=(body.name,))
    results = run(build.body(body, args, frame))
    results = [build.read(n, frame) if isinstance(n, Variable) else n for n in results]
    names = [port.name for port in outputs]
    graph = Graph(
        what.name,
        tuple(node for node, _ in inputs),
        tuple(zip(names, results, strict=True)),
        tuple(frame.effects),
    )
    graph = drop_unread(settle(graph))
    graph = after(sink_reads(graph, frozenset(assigned_variables(graph))))
    return Source(
        kind=what.kind,
        name=what.name,
        path=str(what.path) if what.path is not None else None,
        signature=what.signature,
        graph=graph,
        variables=tuple(variables_of(graph)),
        inputs=tuple(InputSpec(p.name, p.tensor) for _, p in inputs),
        outputs=tuple(InputSpec(p.name, p.tensor) for p in outputs),
        fingerprint=what.fingerprint or graph_fingerprint(graph),
    )


def variables_of(graph: Graph) -> list[VariableInfo]:
    """Variables that the graph or a region of it touches, in order of first use."""
    found: dict[VariableInfo, None] = {}
    stack = [graph]
    while stack:
        current = stack.pop()
        inner: list[Graph] = []
        for node in current.nodes():
            if isinstance(node, Variable):
                found.setdefault(node.info)
            inner.extend(node.graphs())
        stack.extend(reversed(inner))
    return list(found)


def file_fingerprint(paths: Iterable[Path]) -> str:
    """sha256 over the files' bytes. A checkpoint's index holds its tensors' CRCs."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
    return digest.hexdigest()


def graph_fingerprint(graph: Graph) -> str:
    """sha256 over ops, names and variables: of a live object, which has no file."""
    digest = hashlib.sha256()
    for node in graph.nodes():
        label = node.op if isinstance(node, Op) else type(node).__name__
        digest.update(f"{label} {node.origin}\n".encode())
    for info in variables_of(graph):
        digest.update(f"{info.name} {info.dtype} {info.shape}\n".encode())
    return digest.hexdigest()


def unknown(what: str, name: str, known: Iterable[str]) -> SourceError:
    """An error that lists what there is, closest first, at most ten."""
    names = sorted(known)
    close = get_close_matches(name, names, n=5, cutoff=0.4) or names[:10]
    listed = ", ".join(close) if close else "none"
    more = f" ({len(names)} in all)" if len(names) > len(close) else ""
    return SourceError(f"no {what} '{name}'; there are: {listed}{more}")
