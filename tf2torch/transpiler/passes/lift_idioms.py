"""Recognise idioms: the lifts of rules/lifts, until none applies.

    x * (1 / sqrt(var + eps)) ...   ->   F.batch_norm(x, ...)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Node
from tf2torch.rules.lifts import Lift, all_lifts

MAX_LIFTS = 8


def lift_idioms(graph: Graph) -> Graph:
    """Each node, operands first, through the first lift that takes it, repeatedly."""
    lifts = all_lifts()
    return transform(graph, lambda node: _lifted(node, lifts))


def _lifted(node: Node, lifts: tuple[Lift, ...]) -> Node | None:
    current = node
    for _ in range(MAX_LIFTS):
        made = next((m for lift in lifts if (m := lift(current)) is not None), None)
        if made is None:
            break
        current = replace(made, origin=current.origin.merge(made.origin))
    return None if current is node else current
