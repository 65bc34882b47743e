"""Recognise idioms: the lifts of rules/lifts, until none applies.

x * (1 / sqrt(var + eps)) ...   ->   F.batch_norm(x, ...)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tf2torch.ir.build import stamp_origin
from tf2torch.ir.graph import Graph, map_regions, users
from tf2torch.ir.nodes import Call, Node, Origin
from tf2torch.rules.lifts import Lift, all_lifts

MAX_LIFTS = 8
MAX_COVERED = 64


def lift_idioms(graph: Graph) -> Graph:
    """Each node, operands first, through the first lift that takes it, repeatedly."""
    readers = users(graph)
    results = {*graph.results, *graph.effects}
    new: dict[Node, Node] = {}
    shared: set[Node] = set()
    lifts = all_lifts(shared)
    for node in graph.nodes():
        moved = node.map_operands(new.__getitem__)
        if moved.graphs():
            moved = map_regions(moved, lift_idioms)
        new[node] = _lifted(moved, lifts)
        if node in results or len(readers.get(node, ())) > 1:
            shared.add(new[node])
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


def _lifted(node: Node, lifts: tuple[Lift, ...]) -> Node:
    current = node
    for _ in range(MAX_LIFTS):
        made = next((m for lift in lifts if (m := lift(current)) is not None), None)
        if made is None:
            break
        current = _with_origin(made, current)
    return current


def _with_origin(made: Node, source: Node) -> Node:
    """What a lift made stands for all that it took the place of."""
    fresh = _above(made, _is_known)
    if not fresh:
        return made
    kept = {n for node in fresh for n in node.operands if n not in fresh}
    origin = source.origin
    for node in _above(source, kept.__contains__):
        origin = origin.merge(node.origin)
    return stamp_origin(made, origin)


def _is_known(node: Node) -> bool:
    return not isinstance(node, Call) or node.origin != Origin()


def _above(root: Node, stop: Callable[[Node], bool]) -> dict[Node, None]:
    """Nodes from ``root`` down to those that ``stop`` accepts, which are left out."""
    found: dict[Node, None] = {}
    pending = [root]
    while pending and len(found) < MAX_COVERED:
        node = pending.pop()
        if node in found or stop(node):
            continue
        found[node] = None
        pending.extend(node.operands)
    return found
