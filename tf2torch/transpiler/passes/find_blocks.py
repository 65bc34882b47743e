"""Find the blocks of a model: name scopes that repeat, or that hold several layers.

    conv2_block1_1_conv, conv2_block1_1_bn, ...   ->   Block conv2_block1
    Block -> Block -> Block                       ->   Chain

A candidate is the set of nodes below one prefix of the names, if nothing outside of it
lies between two of its nodes and nothing outside shares its state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tf2torch.diagnostics import TranspileError
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Block, Const, Input, Node, Out, Param, Sizes
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.chain_blocks import chain_blocks
from tf2torch.transpiler.passes.resolve_sizes import resolve_sizes
from tf2torch.transpiler.passes.scope_paths import scope_paths, state_keys

LEAVES = (Const, Param, Input, Sizes)
Path = tuple[str, ...]
# Fewer layers with a common beginning of their names are no block: conv and bn.
LEAST = 3


@dataclass(eq=False)
class Candidate:
    """Nodes below one prefix. ``named`` says that it was a scope of its own, and not
    a common beginning of layer names."""

    path: Path
    nodes: list[Node]
    named: bool
    closed: Graph
    key: object = None


def find_blocks(graph: Graph) -> Graph:
    """The graph with its blocks as Block and Chain nodes, nested."""
    paths = scope_paths(graph)
    finder = _Finder(graph, paths.of, paths.real)
    return finder.rebuild(graph, 0)


class _Finder:
    def __init__(
        self, graph: Graph, paths: dict[Node, Path], real: frozenset[Path]
    ) -> None:
        self.paths = paths
        self.real = real
        self.candidates: dict[Path, Candidate] = {}
        self.collect(graph)
        counts = Counter(c.key for c in self.candidates.values())
        self.repeated = {k for k, count in counts.items() if count > 1}

    def collect(self, graph: Graph) -> None:
        """Every candidate at every depth, with the signature of its flat graph."""
        groups: dict[Path, list[Node]] = {}
        for node in graph.nodes():
            path = self.paths.get(node, ())
            for depth in range(1, len(path) + 1):
                groups.setdefault(path[:depth], []).append(node)
        outside = _readers(graph)
        order = {node: i for i, node in enumerate(graph.nodes())}
        everything = sum(_stateful(n) for n in order)
        for path, nodes in groups.items():
            states = sum(_stateful(n) for n in nodes)
            least = 2 if path in self.real else LEAST
            if states < least or states == everything:
                continue
            if any(len(g) == len(nodes) for p, g in groups.items() if p[:-1] == path):
                continue  # all of it is one level deeper
            hull = _hull(nodes, order, outside, self.paths)
            if hull is None:
                continue
            closed = cut(hull, outside, order, self.name(path))
            if closed is None:
                continue
            found = Candidate(path, hull, path in self.real, closed)
            found.key = _key(closed)
            self.candidates[path] = found

    def name(self, path: Path) -> str:
        """``encoder/transformer_layer_0``: scopes, each with its words joined."""
        parts: list[str] = []
        start = 0
        for end in range(1, len(path) + 1):
            if path[:end] in self.real or end == len(path):
                parts.append("_".join(path[start:end]))
                start = end
        return "/".join(parts)

    def worthy(self, path: Path) -> bool:
        found = self.candidates.get(path)
        return found is not None and (found.key in self.repeated or found.named)

    def rebuild(self, graph: Graph, depth: int) -> Graph:
        """Replace the outermost worthy candidates below ``depth`` by blocks."""
        chosen = list(self.outermost(graph, depth))
        inside = {n: c for c in chosen for n in c.nodes}
        readers = _readers(graph)
        order = {node: i for i, node in enumerate(graph.nodes())}
        made: dict[Candidate, Block] = {}
        new: dict[Node, Node] = {}

        def value(node: Node) -> Node:
            return new[node]

        for node in _block_order(graph, inside):
            if isinstance(node, Candidate):
                self.block(node, new, readers, order, made, depth)
            else:
                new[node] = node.map_operands(value)
        rebuilt = replace(
            graph,
            outputs=tuple((name, new[n]) for name, n in graph.outputs),
            effects=tuple(new[n] for n in graph.effects),
        )
        return chain_blocks(rebuilt)

    def block(
        self,
        found: Candidate,
        new: dict[Node, Node],
        readers: dict[Node, list[Node]],
        order: dict[Node, int],
        made: dict[Candidate, Block],
        depth: int,
    ) -> None:
        closed, inputs, results = _close(
            found.nodes, readers, order, self.name(found.path)
        )
        inner = _Renamed(closed, self.paths)
        body = _unwrapped(inner.finder(self).rebuild(inner.graph, len(found.path)))
        block = Block(
            body,
            tuple(new[n] for n in inputs),
            "_".join(found.path[depth:]),
            types=tuple(r.types[0] for r in results),
            origin=replace(results[0].origin, scope=found.path),
        )
        made[found] = block
        for i, result in enumerate(results):
            new[result] = (
                block
                if len(results) == 1
                else Out(block, i, types=(result.types[0],), origin=result.origin)
            )

    def outermost(self, graph: Graph, depth: int) -> Iterator[Candidate]:
        taken: set[Node] = set()
        nodes = graph.nodes()
        own = set(nodes)
        paths = sorted({self.paths.get(n, ())[: d + 1] for n in nodes
                        for d in range(depth, len(self.paths.get(n, ())))}, key=len)
        for path in paths:
            if not self.worthy(path):
                continue
            found = self.candidates[path]
            if any(n in taken or n not in own for n in found.nodes):
                continue
            taken.update(found.nodes)
            yield found


def _unwrapped(body: Graph) -> Graph:
    """The inside of a block that holds nothing but another block."""
    match body.results:
        case (Block(args=args, graph=inner),) if set(args) == set(body.inputs):
            inputs = tuple(inner.inputs[args.index(i)] for i in body.inputs)
            return replace(inner, name=body.name, inputs=inputs)
    return body


def _key(closed: Graph) -> object:
    """What the class of ``closed`` will look like; symbols are read off its inputs."""
    try:
        return sign(resolve_sizes(closed), {}).key
    except TranspileError:
        return sign(closed, {}).key


class _Renamed:
    """A closed graph has new nodes; candidates inside it follow them."""

    def __init__(self, closed: tuple[Graph, dict[Node, Node]], paths: dict[Node, Path]) -> None:
        self.graph, self.new = closed
        self.paths = {self.new[n]: p for n, p in paths.items() if n in self.new}

    def finder(self, outer: _Finder) -> _Finder:
        inner = object.__new__(_Finder)
        inner.paths = self.paths
        inner.real = outer.real
        inner.repeated = outer.repeated
        inner.candidates = {}
        for path, found in outer.candidates.items():
            if all(n in self.new for n in found.nodes):
                nodes = [self.new[n] for n in found.nodes]
                inner.candidates[path] = replace(found, nodes=nodes)
        return inner


def _stateful(node: Node) -> bool:
    return bool(state_keys(node))


def _readers(graph: Graph) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for node in graph.nodes():
        for operand in node.operands:
            found.setdefault(operand, []).append(node)
    for node in (*graph.results, *graph.effects):
        found.setdefault(node, []).append(_OUTSIDE)
    return found


_OUTSIDE = Node()


def _hull(
    nodes: Sequence[Node],
    order: dict[Node, int],
    readers: dict[Node, list[Node]],
    paths: dict[Node, Path],
) -> list[Node] | None:
    """``nodes`` with what lies between them; None when that has state of its own."""
    core = [n for n in nodes if not isinstance(n, LEAVES)]
    if not core:
        return None
    inside = set(core)
    first, last = min(order[n] for n in core), max(order[n] for n in core)
    between = _between(inside, order, readers, first, last)
    for node in between:
        if _stateful(node) or node.graphs() or isinstance(node, LEAVES):
            return None
    inside |= between
    # The results of a node with several belong to it.
    for node in list(inside):
        if isinstance(node, Out) and node.node not in inside:
            return None
        inside.update(r for r in readers.get(node, ()) if isinstance(r, Out))
    return sorted(inside, key=order.__getitem__)


def _between(
    inside: set[Node],
    order: dict[Node, int],
    readers: dict[Node, list[Node]],
    first: int,
    last: int,
) -> set[Node]:
    """Nodes on a path that leaves ``inside`` and comes back."""
    below: set[Node] = set()
    stack = [r for n in inside for r in readers.get(n, ()) if r not in inside]
    while stack:
        node = stack.pop()
        if node in below or node in inside or order.get(node, last + 1) > last:
            continue
        below.add(node)
        stack.extend(readers.get(node, ()))
    above: set[Node] = set()
    stack = [o for n in inside for o in n.operands if o in below]
    while stack:
        node = stack.pop()
        if node in above:
            continue
        above.add(node)
        stack.extend(o for o in node.operands if o in below)
    return above


def cut(
    nodes: Sequence[Node],
    readers: dict[Node, list[Node]],
    order: dict[Node, int],
    name: str,
) -> Graph | None:
    """A closed graph of ``nodes``; None when nobody reads what they compute."""
    (graph, _), _, results = _close(nodes, readers, order, name)
    return graph if results else None


def _close(
    nodes: Sequence[Node],
    readers: dict[Node, list[Node]],
    order: dict[Node, int],
    name: str,
) -> tuple[tuple[Graph, dict[Node, Node]], list[Node], list[Node]]:
    """(graph and old → new nodes, outer values it reads, its nodes read outside)."""
    inside = set(nodes)
    results = [n for n in nodes if any(r not in inside for r in readers.get(n, ()))]
    results = [n for n in results if len(n.types) == 1]
    inputs: dict[Node, Input] = {}
    new: dict[Node, Node] = {}
    for node in _canonical(inside, results):
        for operand in node.operands:
            if operand in inside or operand in inputs or isinstance(operand, Const | Param | Sizes):
                continue
            inputs[operand] = Input(f"x{len(inputs)}", types=operand.types, origin=operand.origin)
        new[node] = node.map_operands(lambda n: new.get(n) or inputs.get(n) or n)
    named = tuple((str(i), new[n]) for i, n in enumerate(results))
    # The value that was made last is what flows through; masks and such follow it.
    main = max(inputs, key=lambda n: order.get(n, -1), default=None)
    outer = sorted(inputs, key=lambda n: n is not main)
    graph = Graph(name, tuple(inputs[n] for n in outer), named)
    return (graph, new), outer, results


def _canonical(inside: set[Node], results: Sequence[Node]) -> list[Node]:
    """Operands first, in an order that depends on nothing but the wiring."""
    done: dict[Node, None] = {}
    stack = [(n, False) for n in reversed(results)]
    while stack:
        node, ready = stack.pop()
        if node in done or node not in inside:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        stack.extend((n, False) for n in reversed(node.operands))
    return list(done)


def _block_order(
    graph: Graph, inside: dict[Node, Candidate]
) -> Iterator[Node | Candidate]:
    """Nodes and blocks, each after what it reads."""
    done: set[Node | Candidate] = set()
    stack: list[tuple[Node | Candidate, bool]] = []
    for root in reversed((*graph.inputs, *graph.effects, *graph.results)):
        stack.append((inside.get(root, root), False))
    while stack:
        item, ready = stack.pop()
        if item in done:
            continue
        if ready:
            done.add(item)
            yield item
            continue
        stack.append((item, True))
        below = (
            [o for n in item.nodes for o in n.operands if inside.get(o) is not item]
            if isinstance(item, Candidate)
            else item.operands
        )
        stack.extend((inside.get(o, o), False) for o in reversed(below))


