"""Where a graph without signature begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.body import RawNode, Ref, tensor_ref
from tf2torch.transpiler.frontends.effects import acts
from tf2torch.transpiler.frontends.graph_source import GraphFile
from tf2torch.transpiler.frontends.interface import Port, distinct
from tf2torch.transpiler.frontends.raise_loops import ENTER, EXIT, MERGE, NEXT, SWITCH

PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2"})
# Where data comes from in training graphs; a port takes it as arguments.
FEEDS = re.compile(r"QueueDequeue(Many|UpTo)?(V2)?|IteratorGetNext(Sync)?")
# Nodes whose results nobody reads and nobody wants.
NO_OUTPUT = re.compile(
    r"Assert|NoOp|Save.*|Restore.*|.*Summary.*|Const|VarHandleOp|Variable(V2)?"
    r"|Placeholder.*|.*HashTable.*|InitializeTable.*|LookupTable(Import|Insert).*|.*Queue.*|.*Reader.*|.*Dataset.*|.*Iterator.*"
    r"|IsVariableInitialized|VarIsInitializedOp|PrintV2|ShardedFilename"
    r"|MergeV2Checkpoints"
)
# Readers that only look on: a tensor that no one else reads is still an output.
WATCHERS = re.compile(r"NoOp|Save.*|.*Summary.*|PrintV2|.*Enqueue.*|WriteFile")


def choose_ends(
    graph: GraphFile, inputs: Sequence[str] | None, outputs: Sequence[str] | None
) -> tuple[list[Port], list[Port]]:
    """The inputs and outputs asked for; else what the graph itself shows."""
    asked = [graph.port(graph.ref(name)) for name in _unique(inputs)]
    if outputs:
        wanted = [graph.port(graph.ref(name)) for name in _unique(outputs)]
    else:
        wanted = [graph.port(ref) for ref in _unread(graph)]
    if not wanted:
        raise SourceError(
            "the graph has no tensor that nobody consumes: name its outputs with "
            "--output"
        )
    return distinct(with_feeds(graph, asked, wanted)), distinct(wanted)


def _unique(names: Sequence[str] | None) -> list[str]:
    return list(dict.fromkeys(names or ()))


def with_feeds(
    graph: GraphFile, asked: list[Port], wanted: Iterable[Port]
) -> list[Port]:
    """``asked`` and the placeholders that the outputs need besides."""
    cut = {tensor_ref(port.tensor) for port in asked}
    needed = _upstream(graph.nodes, [tensor_ref(p.tensor) for p in wanted], cut)
    found = list(asked)
    for name, node in graph.nodes.items():
        if node.op not in PLACEHOLDERS and not FEEDS.fullmatch(node.op):
            continue
        ports = sorted(ref for ref in needed.get(name, ()) if ref not in cut)
        found += [graph.port(ref) for ref in ports]
    return found


def _upstream(
    nodes: Mapping[str, RawNode], roots: Iterable[Ref], cut: set[Ref]
) -> dict[str, set[Ref]]:
    """Tensors that ``roots`` need by data, by node, not looking behind ``cut``."""
    found: dict[str, set[Ref]] = {}
    visited: set[str] = set()
    stack = list(roots)
    while stack:
        ref = stack.pop()
        if ref in cut or ref[0] not in nodes:
            continue
        found.setdefault(ref[0], set()).add(ref)
        if FEEDS.fullmatch(nodes[ref[0]].op):
            continue  # an argument takes its place
        if ref[0] not in visited:
            visited.add(ref[0])
            stack.extend(nodes[ref[0]].inputs)
    return found


def _unread(graph: GraphFile) -> list[Ref]:
    """Results of nodes that nobody reads, where they depend on fed data."""
    read: set[str] = set()
    for node in graph.nodes.values():
        if not WATCHERS.fullmatch(node.op):
            read |= {*(ref[0] for ref in node.inputs), *node.controls}
    fed = _downstream(graph.nodes)
    inside = _enclosed(graph.nodes)
    found: list[Ref] = []
    for name, node in graph.nodes.items():
        if name in read or name in inside or NO_OUTPUT.fullmatch(node.op):
            continue
        op_def = graph.library.op_def(node.op)
        if acts(node.op, op_def) or (fed and name not in fed):
            continue
        results = graph.results(name)
        count = 1 if results is None else len(results)
        found += [(name, port) for port in range(count)]
    # A loop's counter is left over; a result that is an Exit is all that there is.
    plain = [ref for ref in found if graph.nodes[ref[0]].op not in EXIT]
    return plain or found


def _downstream(nodes: Mapping[str, RawNode]) -> set[str]:
    """Nodes that depend on placeholders or queues by data."""
    readers: dict[str, list[str]] = {}
    for node in nodes.values():
        for ref in node.inputs:
            readers.setdefault(ref[0], []).append(node.name)
    stack = [
        name
        for name, node in nodes.items()
        if node.op in PLACEHOLDERS or FEEDS.fullmatch(node.op)
    ]
    found: set[str] = set()
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(readers.get(name, ()))
    return found


def _enclosed(nodes: Mapping[str, RawNode]) -> set[str]:
    """Nodes inside loops and branches of v1 control flow, which cannot be fetched."""
    depth: dict[str, int] = {}
    for root in nodes:
        stack = [(root, False)]
        while stack:
            name, ready = stack.pop()
            if name in depth or name not in nodes:
                continue
            waits = [n for n in _before(nodes, name) if n in nodes]
            if ready:
                outer = max((depth.get(n, 0) for n in waits), default=0)
                depth[name] = outer + _opens(nodes, nodes[name])
                continue
            stack.append((name, True))
            stack.extend((n, False) for n in waits if n not in depth)
    return {name for name, level in depth.items() if level > 0}


def _before(nodes: Mapping[str, RawNode], name: str) -> Iterable[str]:
    """What runs before a node, the way back of loops left out."""
    node = nodes[name]
    yield from node.controls
    for ref in node.inputs:
        source = nodes.get(ref[0])
        if source is None or source.op not in NEXT:
            yield ref[0]


def _opens(nodes: Mapping[str, RawNode], node: RawNode) -> int:
    """+1 where a frame or branch begins, -1 where it ends, from this node on."""
    if node.op in ENTER:
        return 1
    if node.op in EXIT:
        return -1
    sources = [nodes[ref[0]].op for ref in node.inputs if ref[0] in nodes]
    if node.op in SWITCH:
        return 0 if "LoopCond" in sources[1:] else 1
    if node.op in MERGE:
        return 0 if NEXT & set(sources) else -1
    return 0
