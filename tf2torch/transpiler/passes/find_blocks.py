"""Find the blocks of a model: name scopes that repeat, or that hold several layers.

    conv2_block1_1_conv, conv2_block1_1_bn, ...   ->   Block conv2_block1
    Block -> Block -> Block                       ->   Chain

A candidate is the set of nodes below one prefix of the names, if nothing outside of it
lies between two of its nodes and nothing outside shares its state.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tf2torch.diagnostics import TranspileError
from tf2torch.ir.graph import Graph, map_regions, transform
from tf2torch.ir.nodes import Block, Node, Siblings
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.chain_blocks import chain_blocks
from tf2torch.transpiler.passes.cut_blocks import (
    LEAVES,
    Closed,
    Group,
    cut,
    flow_order,
    hull,
    readers_of,
    replace_groups,
)
from tf2torch.transpiler.passes.layer_runs import loop_over_layers
from tf2torch.transpiler.passes.merge_variants import alike
from tf2torch.transpiler.passes.resolve_sizes import resolve_sizes
from tf2torch.transpiler.passes.scope_paths import scope_paths, state_keys
from tf2torch.transpiler.passes.segment_blocks import segment_blocks

Path = tuple[str, ...]
# Fewer layers with a common beginning of their names are no block: conv and bn.
LEAST = 3
# With this many steps, two layers are enough.
MUCH = 8
# With more kinds of repeated candidates than this, none is compared with the others.
MOST_MODELS = 12


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
    graph = transform(graph, _within_siblings, into_regions=False)
    paths = scope_paths(graph)
    finder = _Finder(graph, paths.of, paths.real)
    return finder.rebuild(graph, 0)


def _within_siblings(node: Node) -> Node | None:
    return map_regions(node, find_blocks) if isinstance(node, Siblings) else None


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
        self.repeated |= self.variants(counts)

    def collect(self, graph: Graph) -> None:
        """Every candidate at every depth, with the signature of its flat graph."""
        groups: dict[Path, list[Node]] = {}
        for node in graph.nodes():
            path = self.paths.get(node, ())
            for depth in range(1, len(path) + 1):
                groups.setdefault(path[:depth], []).append(node)
        outside = readers_of(graph)
        order = {node: i for i, node in enumerate(graph.nodes())}
        flow = flow_order(graph)
        everything = len({state_keys(n)[0] for n in order if _stateful(n)})
        deeper: set[Path] = set()  # all of it is one level deeper
        for path, nodes in groups.items():
            if len(groups.get(path[:-1], ())) == len(nodes):
                deeper.add(path[:-1])
        for path, nodes in groups.items():
            states = len({state_keys(n)[0] for n in nodes if _stateful(n)})
            least = 2 if path in self.real or _busy(nodes) else LEAST
            if states < least or states == everything:
                continue
            if path in deeper:
                continue
            inside = hull(nodes, order, outside)
            if inside is None:
                continue
            closed = cut(inside, outside, flow, self.name(path))
            if closed is None:
                continue
            named = path in self.real and not _is_layer(nodes)
            found = Candidate(path, inside, named, closed)
            found.key = _key(closed)
            self.candidates[path] = found

    def variants(self, counts: Counter[object]) -> set[object]:
        """Keys of candidates that are variants of what repeats."""
        models: dict[object, Graph] = {}
        others: dict[object, Graph] = {}
        for found in self.candidates.values():
            into = models if counts[found.key] > 1 else others
            settled = _settled(found.closed)
            if settled is not None:
                into.setdefault(found.key, settled)
        if len(models) > MOST_MODELS:
            return set()
        return {
            key
            for key, graph in others.items()
            if any(alike(graph, model) for model in models.values())
        }

    @cached_property
    def sorted(self) -> list[Path]:
        return sorted(self.candidates)

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
        groups = [
            Group(c.nodes, self.name(c.path), "_".join(c.path[depth:]), c.path)
            for c in self.outermost(graph, depth)
        ]

        def body(group: Group, closed: Closed) -> Graph:
            inner = _Renamed(closed, self.paths)
            finder = inner.finder(self, group.scope)
            return _unwrapped(finder.rebuild(inner.graph, len(group.scope)))

        grouped = replace_groups(graph, groups, body)
        return chain_blocks(segment_blocks(loop_over_layers(grouped, depth > 0)))

    def below(self, scope: Path) -> Iterator[Path]:
        """The candidates whose path starts with ``scope``."""
        for index in range(bisect_left(self.sorted, scope), len(self.sorted)):
            path = self.sorted[index]
            if path[: len(scope)] != scope:
                return
            yield path

    def outermost(self, graph: Graph, depth: int) -> Iterator[Candidate]:
        taken: set[Node] = set()
        nodes = graph.nodes()
        own = set(nodes)
        paths = sorted(
            {
                self.paths.get(n, ())[: d + 1]
                for n in nodes
                for d in range(depth, len(self.paths.get(n, ())))
            },
            key=len,
        )
        for path in paths:
            if not self.worthy(path):
                continue
            found = self.candidates[path]
            if any(n in taken or n not in own for n in found.nodes):
                continue
            taken.update(found.nodes)
            yield found


def _is_layer(nodes: Sequence[Node]) -> bool:
    """A convolution or so with its norm: nothing that needs a class."""
    layers = [n for n in nodes if _stateful(n)]
    return len(layers) == 2 and any("Norm" in getattr(n, "cls", "") for n in layers)


def _busy(nodes: Sequence[Node]) -> bool:
    """Is more done than the layers do?"""
    return sum(not isinstance(n, LEAVES) for n in nodes) >= MUCH


def _unwrapped(body: Graph) -> Graph:
    """The inside of a block that holds nothing but another block."""
    match body.results:
        case (Block(args=args, graph=inner) as block,) if set(args) == set(
            body.inputs
        ) and set(body.effects) <= {block}:
            inputs = tuple(inner.inputs[args.index(i)] for i in body.inputs)
            return replace(inner, name=body.name, inputs=inputs)
    return body


def _key(closed: Graph) -> object:
    """What the class of ``closed`` will look like."""
    return sign(_settled(closed) or closed, {}).key


def _settled(closed: Graph) -> Graph | None:
    """``closed`` with symbols read off its inputs; None when they cannot be."""
    try:
        return resolve_sizes(closed)
    except TranspileError:
        return None


class _Renamed:
    """A closed graph has new nodes; candidates inside it follow them."""

    def __init__(self, closed: Closed, paths: dict[Node, Path]) -> None:
        self.graph, self.new = closed
        self.paths = {new: paths[n] for n, new in self.new.items() if n in paths}

    def finder(self, outer: _Finder, scope: Path) -> _Finder:
        inner = object.__new__(_Finder)
        inner.paths = self.paths
        inner.real = outer.real
        inner.repeated = outer.repeated
        inner.candidates = {}
        for path in outer.below(scope):
            found = outer.candidates[path]
            if all(n in self.new for n in found.nodes):
                nodes = [self.new[n] for n in found.nodes]
                inner.candidates[path] = replace(found, nodes=nodes)
        return inner


def _stateful(node: Node) -> bool:
    return bool(state_keys(node))
