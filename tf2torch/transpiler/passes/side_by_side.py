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
    behind = Behind(graph)
    everything = len({key for node in graph.nodes() for key in state_keys(node)})
    taken: set[Node] = set()
    groups = []
    for node in reversed(graph.nodes()):
        layers = behind.layers.get(node, 0)
        if node in taken or not LEAST <= layers <= MOST * everything:
            continue
        if isinstance(node, (Out, *LEAVES)) or not state_keys(node):
            continue
        nodes = behind.nodes(node)
        if len(nodes) < 2:
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


class Behind:
    """The nodes that matter for nothing but one node: its subtree in the dominator
    tree of the graph read backwards. ``layers``: node → parameters in its subtree."""

    def __init__(self, graph: Graph):
        above = nx.immediate_dominators(_backwards(graph), OUTSIDE)
        self._place = {node: i for i, node in enumerate(graph.nodes())}
        self._below: dict[Node, list[Node]] = {}
        self.layers: dict[Node, int] = {}
        states: dict[Node, set[object]] = {}
        for node in graph.nodes():  # what is behind a node comes before it
            if isinstance(node, LEAVES):
                continue
            found = states.pop(node, set())
            found.update(state_keys(node))
            self.layers[node] = len(found)
            over = above.get(node)
            if over is None:
                continue
            self._below.setdefault(over, []).append(node)
            if over is OUTSIDE:
                continue
            less, more = sorted((found, states.get(over, set())), key=len)
            more.update(less)
            states[over] = more

    def children(self, node: Node) -> list[Node]:
        """The nodes that matter for ``node`` and, but through it, for nothing."""
        return self._below.get(node, [])

    def nodes(self, node: Node) -> list[Node]:
        """In the order of the graph, ``node`` last."""
        found, waiting = [], [node]
        while waiting:
            found.append(waiting.pop())
            waiting += self._below.get(found[-1], ())
        return sorted(found, key=self._place.__getitem__)


def _backwards(graph: Graph) -> nx.DiGraph:
    """Edges from the readers to what they read, from outside on."""
    made = nx.DiGraph()
    for node, readers in readers_of(graph).items():
        for reader in readers:
            # A result counts as read by its first reader: it is handed out, too.
            if reader is not OUTSIDE or len(readers) == 1:
                made.add_edge(reader, node)
    for node in list(made):
        if node is not OUTSIDE and not made.in_degree(node):
            made.add_edge(OUTSIDE, node)
    return made


def _name(nodes: list[Node]) -> str:
    """What the last layer is called; "" when nobody named one."""
    for node in reversed(nodes):
        word = node.origin.scope[-1] if node.origin.scope else ""
        if word and not is_noise(word) and not isinstance(node, Call):
            return untraced(snake(word))
    return ""
