"""Graphs of nodes, and the two ways to change one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from tf2torch.ir.nodes import Input, Node, Out


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs in order, named outputs in order, and side effects in program order."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[str, Node], ...]
    effects: tuple[Node, ...] = ()

    @property
    def results(self) -> tuple[Node, ...]:
        return tuple(node for _, node in self.outputs)

    def nodes(self) -> list[Node]:
        """Every node of this graph (not of regions), operands before users."""
        return list(self._nodes)

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(topological((*self.inputs, *self.effects, *self.results)))

    def with_results(self, results: Iterable[Node]) -> Graph:
        names = (name for name, _ in self.outputs)
        return replace(self, outputs=tuple(zip(names, results, strict=True)))


def topological(roots: Iterable[Node]) -> list[Node]:
    """Operands before users, in the order of ``roots``; iterative, each node once."""
    done: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(n, False) for n in reversed(tuple(roots))]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        stack += [(n, False) for n in reversed(node.operands) if n not in done]
    return list(done)


def every_node(graph: Graph) -> Iterator[Node]:
    """The nodes of ``graph`` and of all graphs inside them."""
    pending = [graph]
    while pending:
        for node in pending.pop().nodes():
            yield node
            pending.extend(node.graphs())


def users(graph: Graph) -> dict[Node, list[Node]]:
    """Node → the nodes of this graph that read it, one entry per reading node."""
    found: dict[Node, list[Node]] = {}
    for node in graph.nodes():
        for operand in dict.fromkeys(node.operands):
            found.setdefault(operand, []).append(node)
    return found


def transform(
    graph: Graph, change: Callable[[Node], Node | None], into_regions: bool = True
) -> Graph:
    """Rebuild bottom-up: ``change`` sees each node over its already new operands.

    None means no change. Inputs keep their identity. A node that ``change`` returns
    is not visited again; nodes it creates below are not visited at all.
    """
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        moved = node.map_operands(new.__getitem__)
        if into_regions and moved.graphs():
            moved = map_regions(moved, lambda g: transform(g, change))
        new[node] = change(moved) or moved
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


@dataclass(frozen=True, eq=False)
class Instead:
    """What replaces a node: ``node`` acts in its place, ``results`` are its results."""

    node: Node
    results: tuple[Node, ...]


def results_of(node: Node) -> tuple[Node, ...]:
    """The node itself, or an Out for each of its results."""
    if len(node.types) == 1:
        return (node,)
    return tuple(
        Out(node, i, types=(t,), origin=node.origin) for i, t in enumerate(node.types)
    )


def rewrite(
    graph: Graph,
    change: Callable[[Node, Node], Instead | None],
) -> Graph:
    """Like ``transform``, for changes of nodes with several results.

    ``change`` sees a node over its new operands, and the node as it was. Regions are
    not entered.
    """
    new: dict[Node, Node] = {}
    results: dict[Node, tuple[Node, ...]] = {}
    for node in graph.nodes():
        if isinstance(node, Out) and node.node in results:
            new[node] = results[node.node][node.index]
            continue
        moved = node.map_operands(new.__getitem__)
        made = change(moved, node)
        new[node] = moved if made is None else made.node
        if made is not None and len(node.types) == 1:
            new[node] = made.results[0]
        elif made is not None:
            results[node] = made.results
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


def substitute(graph: Graph, instead: Mapping[Node, Node]) -> Graph:
    """Every use of a key reads its value; values are over old nodes, like the keys.

    Regions are not entered: they are closed.
    """
    if not instead:
        return graph
    new: dict[Node, Node] = {}
    roots = (*graph.inputs, *graph.effects, *graph.results)
    stack = [(n, False) for n in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if node in new:
            continue
        source = instead.get(node, node)
        if ready:
            new[node] = source.map_operands(new.__getitem__)
            continue
        stack.append((node, True))
        stack.extend((n, False) for n in reversed(source.operands) if n not in new)
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


def map_regions(node: Node, change: Callable[[Graph], Graph]) -> Node:
    from tf2torch.ir.nodes import (
        Block,
        Blocks,
        Case,
        CustomGradient,
        For,
        Option,
        While,
    )

    match node:
        case Case():
            return replace(node, branches=tuple(map(change, node.branches)))
        case While():
            return replace(node, cond=change(node.cond), body=change(node.body))
        case For():
            return replace(node, body=change(node.body))
        case CustomGradient():
            return replace(node, backward=change(node.backward))
        case Block():
            return replace(node, graph=change(node.graph))
        case Option(present=True):
            return replace(node, graph=change(node.graph))
        case Blocks():
            return replace(node, graphs_=tuple(map(change, node.graphs_)))
    return node
