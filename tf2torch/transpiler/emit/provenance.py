"""provenance.json: which lines and state_dict keys came from which TF nodes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Block, Blocks, Call, Node, Param, Unported
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.emit.classes import ClassSpec, Program
from tf2torch.transpiler.emit.signature import Signature
from tf2torch.transpiler.emit.weights import Entry
from tf2torch.transpiler.frontends.source import InputSpec, Source
from tf2torch.transpiler.pipeline import Compiled

RANDOM = frozenset({"torch.rand", "torch.randn", "torch.randint", "torch.randperm"})
RANDOM |= {
    "torch.rand_like",
    "torch.randn_like",
    "torch.bernoulli",
    "torch.multinomial",
    "torch.poisson",
    "torch._standard_gamma",
}


def provenance(compiled: Compiled) -> dict[str, object]:
    """The whole map, ready for JSON."""
    source, graph = compiled.source, compiled.graph
    program, gaps = compiled.emitted.program, compiled.emitted.gaps
    return {
        "version": 1,
        "class": compiled.class_name,
        "source": _source(source),
        "inputs": [
            {"parameter": parameter, **found}
            for parameter, found in zip(
                compiled.emitted.parameters,
                _tensors(source.inputs, graph.inputs, compiled.borders.inputs),
                strict=True,
            )
        ],
        "outputs": list(
            _tensors(source.outputs, graph.results, compiled.borders.outputs)
        ),
        "single_output": len(graph.outputs) == 1,
        "state": {e.key: _entry(e) for e in compiled.entries},
        "regions": list(_regions(program, compiled)),
        "unported": [
            {"op": n.op, "region": gaps.name(n), "reason": n.reason}
            for n in every_node(graph)
            if isinstance(n, Unported)
        ],
        "random": any(isinstance(n, Call) and _is_random(n) for n in every_node(graph)),
        "stateful": bool(graph.effects),
        "absent": list(compiled.absent),
        "strings": any(t.dtype == "string" for n in every_node(graph) for t in n.types),
    }


def _is_random(node: Call) -> bool:
    return node.func in RANDOM or node.func.startswith("helper.random_")


def _source(source: Source) -> dict[str, object]:
    return {
        "kind": source.kind,
        "path": source.path,
        "signature": source.signature,
        "fingerprint": source.fingerprint,
        "inputs": [i.tensor for i in source.inputs],
        "outputs": [o.tensor for o in source.outputs],
    }


def _tensors(
    specs: Sequence[InputSpec], nodes: Sequence[Node], axes: Sequence[tuple[int, ...]]
) -> Iterator[dict[str, object]]:
    """As the source has them, and ``axes`` where the port has them in another order."""
    for index, (spec, node) in enumerate(zip(specs, nodes, strict=True)):
        order = axes[index] if axes else ()
        if not order or node.shape is None:
            yield _tensor(spec, node.type)
            continue
        shape = tuple(node.shape[order.index(i)] for i in range(len(order)))
        yield _tensor(spec, node.type.with_shape(shape)) | {"axes": list(order)}


def _tensor(spec: InputSpec, type: TensorType) -> dict[str, object]:
    sizes = None
    if type.shape is not None:
        sizes = [s if isinstance(s, int) else str(s) for s in type.shape]
    return {
        "name": spec.name,
        "tensor": spec.tensor,
        "dtype": type.dtype,
        "shape": sizes,
    }


def _entry(entry: Entry) -> dict[str, object]:
    source = entry.source
    shape = list(source.type.static_shape() or ())
    if not isinstance(source, Param):
        return {
            "variable": None,
            "key": None,
            "transforms": [],
            "trainable": False,
            "shape": shape,
        }
    return {
        "variable": source.variable.name,
        "key": source.variable.key,
        "transforms": [[t.kind, list(t.args)] for t in source.transforms],
        "trainable": source.variable.trainable,
        "shape": shape,
    }


def _regions(program: Program, compiled: Compiled) -> Iterator[dict[str, object]]:
    """The functions and classes of helpers and gaps, then the classes of blocks."""
    lines = {
        n.name: [n.lineno, n.end_lineno]
        for n in ast.parse(compiled.text).body
        if isinstance(n, (ast.ClassDef, ast.FunctionDef))
    }
    own = {spec.name for spec in program.classes}
    calling = callers(compiled)
    for name in lines:
        if name not in own:
            nodes = sorted(calling.get(name, ()))
            found = {"lines": lines[name], "tf_nodes": nodes, "instances": []}
            yield {"id": name, **found}
    paths: dict[object, list[str]] = {}
    _instances(program, program.root.signature, "", paths)
    for spec in program.classes:
        yield {
            "id": spec.name,
            "class": spec.name,
            "lines": lines[spec.name],
            "tf_nodes": sorted(_own_nodes(spec)),
            "instances": paths.get(spec.signature.key, []),
        }


def callers(compiled: Compiled) -> dict[str, set[str]]:
    """Helper, gap or gradient → the TF nodes whose port calls it."""
    found: dict[str, set[str]] = {}
    gaps = compiled.emitted.gaps
    for node in every_node(compiled.graph):
        name = ""
        if isinstance(node, Call) and node.func.startswith("helper."):
            name = node.func.removeprefix("helper.")
        elif isinstance(node, Unported):
            name = gaps.name(node)
        if name:
            found.setdefault(name, set()).update(node.origin.tf)
    return found


def _own_nodes(spec: ClassSpec) -> set[str]:
    return {
        name
        for s in spec.instances
        for i, n in enumerate(s.order)
        if s.has(i)
        for name in n.origin.tf
    }


def _instances(
    program: Program, signature: Signature, path: str, found: dict[object, list[str]]
) -> None:
    spec = program.by_key[signature.key]
    found.setdefault(signature.key, []).append(path)
    prefix = f"{path}." if path else ""
    for index, name in spec.members.items():
        if not signature.has(index):
            continue
        node = signature.order[index]
        children: list[tuple[str, Graph]] = []
        if isinstance(node, Block):
            children = [(f"{prefix}{name}", node.graph)]
        elif isinstance(node, Blocks):
            children = [(f"{prefix}{name}.{i}", g) for i, g in enumerate(node.graphs_)]
        for where, graph in children:
            _instances(program, program.signatures[graph], where, found)
