"""Recognise idioms: the lifts of rules/lifts, until none applies.

x * (1 / sqrt(var + eps)) ...   ->   F.batch_norm(x, ...)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import stamp_origin
from tf2torch.ir.graph import Graph, map_regions, users
from tf2torch.ir.nodes import Node
from tf2torch.rules.lifts import Lift, all_lifts

MAX_LIFTS = 8


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
        origin = current.origin.merge(made.origin)
        current = replace(stamp_origin(made, origin), origin=origin)
    return current
