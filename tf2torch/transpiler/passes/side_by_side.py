"""What a model computes side by side before it joins the results: towers.

    user -> ... -> u    item -> ... -> v    u @ v
    ->   user_tower(user) @ item_tower(item)

A tower is all that only one value depends on, from the inputs of the model on.
"""

from __future__ import annotations

import networkx as nx

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Node, Out
from tf2torch.transpiler.emit.names import is_noise, snake, untraced
from tf2torch.transpiler.passes.cut_blocks import LEAVES, OUTSIDE, Group, readers_of
from tf2torch.transpiler.passes.scope_paths import state_keys

# More than this share of the layers is no tower, but the model.
MOST = 0.7
# Fewer layers than this are no tower.
LEAST = 3


def side_by_side(graph: Graph) -> list[Group]:
    """Towers, when there are several: each the nodes behind one value."""
    behind = _behind(graph)
    layers = {n: len(_states(nodes)) for n, nodes in behind.items()}
    everything = len(_states(graph.nodes()))
    taken: set[Node] = set()
    groups = []
    for node in reversed(graph.nodes()):
        nodes = behind.get(node, [])
        if node in taken or not LEAST <= layers.get(node, 0) <= MOST * everything:
            continue
        if isinstance(node, (Out, *LEAVES)) or not state_keys(node) or len(nodes) < 2:
            continue
        taken.update(nodes)
        if not _starts(nodes):
            continue
        if name := _name(nodes):
            groups.append(Group(nodes, name, name, node.origin.scope))
    return groups if len(groups) > 1 else []


def _starts(nodes: list[Node]) -> bool:
    """Are inputs all that ``nodes`` read of others?"""
    own = set(nodes)
    return all(isinstance(o, LEAVES) for n in nodes for o in n.operands if o not in own)


def _behind(graph: Graph) -> dict[Node, list[Node]]:
    """Node → the nodes that matter for nothing but it, itself last: a subtree of the
    dominator tree of the graph read backwards."""
    backwards = nx.DiGraph()
    for node, readers in readers_of(graph).items():
        for reader in readers:
            # A result counts as read by its first reader: it is handed out, too.
            if reader is not OUTSIDE or len(readers) == 1:
                backwards.add_edge(reader, node)
    for node in list(backwards):
        if node is not OUTSIDE and not backwards.in_degree(node):
            backwards.add_edge(OUTSIDE, node)
    above = nx.immediate_dominators(backwards, OUTSIDE)
    found: dict[Node, list[Node]] = {}
    for node in graph.nodes():
        if isinstance(node, LEAVES):
            continue
        over: Node | None = node
        while over is not None and over is not OUTSIDE:
            found.setdefault(over, []).append(node)
            over = above.get(over)
    return found


def _states(nodes: list[Node]) -> set[object]:
    return {key for node in nodes for key in state_keys(node)}


def _name(nodes: list[Node]) -> str:
    """What the last layer is called; "" when nobody named one."""
    for node in reversed(nodes):
        word = node.origin.scope[-1] if node.origin.scope else ""
        if word and not is_noise(word) and not isinstance(node, Call):
            return untraced(snake(word))
    return ""
