"""A forward that is too long to read in one go calls parts that have a name.

    gate = ...; y = ...; state = gate * state + y  ->  state = self.cell(x[:, i], state)
    fm = ...; y = ...           (a layer called fm) ->  y = self.fm(x)
    (all about the user), (all about the item)      ->  self.user_tower(...), ...

Short forwards stay as they are. Parts are sought in this order: steps of loops, loops
around a recurrent cell, what is computed side by side, layers that a user named, and
layers that are numbered (encode1, encode2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tf2torch.diagnostics import TranspileError
from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Block, Blocks, Call, For, Input, Node, Out
from tf2torch.transpiler.emit.lengths import statements
from tf2torch.transpiler.emit.meanings import UNNAMED
from tf2torch.transpiler.emit.names import is_noise, snake, untraced
from tf2torch.transpiler.passes.cut_blocks import (
    ACTS,
    LEAVES,
    Closed,
    Group,
    close,
    cut,
    flow_order,
    hull,
    readers_of,
    replace_groups,
)
from tf2torch.transpiler.passes.resolve_sizes import resolve_sizes
from tf2torch.transpiler.passes.scope_paths import state_keys
from tf2torch.transpiler.passes.segment_blocks import MOST_ENTERING, apart
from tf2torch.transpiler.passes.side_by_side import side_by_side

# A forward of more statements than this is split.
LONG = 10
# A part takes at least so many statements out of it.
LEAST = 3
# More than this share of what is computed is no part, but the model.
MOST = 0.8
STATE = "state"


def split_forwards(graph: Graph) -> Graph:
    """``graph`` and the blocks in it, with long forwards in parts."""

    def inner(node: Node) -> Node | None:
        match node:
            case Block():
                return replace(node, graph=_split(node.graph))
            case Blocks():
                return replace(node, graphs_=tuple(map(_split, node.graphs_)))
        return None

    return _split(transform(graph, inner))


def _split(graph: Graph) -> Graph:
    if statements(graph) > LONG:
        graph = transform(graph, _with_cell, into_regions=False)
    finders: tuple[Callable[[Graph], list[Group]], ...] = (
        _loops,
        side_by_side,
        _layers,
        _numbered,
    )
    for find in finders:
        if statements(graph) > LONG:
            groups = _fitting(graph, apart(graph, find(graph)))
            graph = replace_groups(graph, groups, _inside)
    return graph


def _inside(group: Group, closed: Closed) -> Graph:
    return _split(closed[0])


def _fitting(graph: Graph, groups: Sequence[Group]) -> list[Group]:
    """``groups`` that make a block by themselves, none inside another."""
    readers, order = readers_of(graph), flow_order(graph)
    most = MOST * len(list(_movable(graph)))
    taken: set[Node] = set()
    found = []
    whole = [_with_results(group, readers) for group in groups]
    for group in sorted(whole, key=lambda g: -len(g.nodes)):
        closed = cut(group.nodes, readers, order, group.name)
        own = {key for n in group.nodes for key in state_keys(n)}
        if closed is None or taken & set(group.nodes) or len(group.nodes) > most:
            continue
        single = sum(not isinstance(n, (Out, *LEAVES)) for n in group.nodes) == 1
        if single or max(len(own), statements(closed)) < LEAST:
            continue
        if not _is_clear(closed) or not _has_its_sizes(closed):
            continue
        taken.update(group.nodes)
        found.append(group)
    return found


def _with_results(group: Group, readers: dict[Node, list[Node]]) -> Group:
    """A node with several results and these stay together."""
    own = set(group.nodes)
    kept = [n for n in group.nodes if not isinstance(n, Out) or n.node in own]
    outs = [r for n in kept for r in readers.get(n, ()) if isinstance(r, Out)]
    return replace(group, nodes=list(dict.fromkeys((*kept, *outs))))


def _is_clear(closed: Graph) -> bool:
    """Does little go in, or what the model calls by name?"""
    made_up = sum(bool(UNNAMED.fullmatch(i.name)) for i in closed.inputs)
    return made_up <= MOST_ENTERING


def _has_its_sizes(closed: Graph) -> bool:
    try:
        resolve_sizes(closed)
    except TranspileError:
        return False
    return True


# --- loops ------------------------------------------------------------------------


def _with_cell(node: Node) -> Node | None:
    """A loop over time whose step is a block: it has weights, and several lines."""
    if not isinstance(node, For) or statements(node.body) <= LEAST:
        return None
    graph = node.body
    learned = _learned(graph)
    if len({key for n in learned for key in state_keys(n)}) < LEAST:
        return None
    nodes = hull(learned, _places(graph), readers_of(graph))
    if nodes is None:
        return None
    order = flow_order(graph)
    (closed, new), inputs, results = close(nodes, readers_of(graph), order, "cell")
    states = [i for i in inputs if i in graph.inputs and i in _changing(graph)]
    if len(results) != 1 or len(states) != 1 or len(inputs) != 2:
        return None
    read = next(i for i in inputs if i not in states)
    entry = {old: new_ for old, new_ in zip(inputs, closed.inputs, strict=True)}
    named = replace(entry[states[0]], name=STATE)
    cell = replace(closed, inputs=(entry[read], entry[states[0]]))
    cell = _renamed(cell, entry[states[0]], named)
    block = Block(
        cell,
        (read, states[0]),
        "cell",
        types=results[0].types,
        origin=results[0].origin,
    )
    return replace(node, body=_put(graph, results[0], block))


def _renamed(graph: Graph, old: Input, new: Input) -> Graph:
    made: dict[Node, Node] = {old: new}
    for node in graph.nodes():
        if node is not old:
            made[node] = node.map_operands(made.__getitem__)
    inputs = tuple(new if i is old else i for i in graph.inputs)
    return replace(graph, inputs=inputs).with_results(made[r] for r in graph.results)


def _put(graph: Graph, old: Node, new: Node) -> Graph:
    """``graph`` with ``new``, which is over its nodes, in the place of ``old``."""
    made: dict[Node, Node] = {}
    for node in (*new.operands, *graph.nodes()):
        source = new if node is old else node
        if all(o in made for o in source.operands):
            made[node] = source.map_operands(made.__getitem__)
    return replace(
        graph,
        outputs=tuple((name, made[n]) for name, n in graph.outputs),
        effects=tuple(made[n] for n in graph.effects),
    )


def _changing(graph: Graph) -> set[Node]:
    """Loop variables that a step gives a new value."""
    pairs = zip(graph.inputs[1:], graph.results, strict=True)
    return {i for i, result in pairs if i is not result}


def _learned(graph: Graph) -> list[Node]:
    found: dict[Node, None] = {}
    for node in graph.nodes():
        if isinstance(node, LEAVES) or node in graph.effects:
            continue
        if state_keys(node) or any(o in found for o in node.operands):
            found[node] = None
    return list(found)


def _places(graph: Graph) -> dict[Node, int]:
    return {node: i for i, node in enumerate(graph.nodes())}


def _loops(graph: Graph) -> list[Group]:
    """Loops with a recurrent cell, from the first state to the stacked results."""
    readers = readers_of(graph)
    place = _places(graph)
    groups = []
    for node in place:
        if not isinstance(node, For) or not state_keys(node):
            continue
        inside: set[Node] = {node}
        inside.update(r for r in readers.get(node, ()) if isinstance(r, Out))
        for out in tuple(inside - {node}):
            after = readers[out]
            if len(after) == 1 and after[0] is not ACTS and _gathers(after[0]):
                inside.add(after[0])
        inside.update(o for o in node.operands if _prepares(o, node, readers))
        word = _own_word(node) or "recurrence"
        nodes = sorted(inside, key=place.__getitem__)
        groups.append(Group(nodes, word, word, node.origin.scope))
    return groups


def _gathers(node: Node) -> bool:
    return isinstance(node, Call) and node.func in ("torch.stack", "torch.cat")


def _prepares(node: Node, loop: Node, readers: dict[Node, list[Node]]) -> bool:
    """Is ``node`` a first state, or a mask of another form, for the loop alone?"""
    alone = all(r is loop for r in readers.get(node, ()))
    return alone and isinstance(node, Call) and not state_keys(node)


# --- layers that have a name -----------------------------------------------------


def _own_word(node: Node) -> str:
    """The last part of the scope that somebody named."""
    for part in reversed(node.origin.scope):
        if not is_noise(part):
            return untraced(snake(part))
    return ""


def _layers(graph: Graph) -> list[Group]:
    """What is computed below one name that a user gave."""
    members: dict[tuple[str, ...], list[Node]] = {}
    for node in _movable(graph):
        scope = node.origin.scope
        for depth in range(1, len(scope) + 1):
            if not is_noise(scope[depth - 1]):
                members.setdefault(scope[:depth], []).append(node)
    return list(_hulls(graph, members))


def _numbered(graph: Graph) -> list[Group]:
    """Layers that are called alike but for a number."""
    members: dict[tuple[str, ...], list[Node]] = {}
    layers: dict[tuple[str, ...], set[str]] = {}
    for node in _movable(graph):
        scope = node.origin.scope
        stem = re.sub(r"_?\d+$", "", scope[-1]) if scope else ""
        if stem and stem != scope[-1] and not is_noise(scope[-1]):
            members.setdefault((*scope[:-1], stem), []).append(node)
            layers.setdefault((*scope[:-1], stem), set()).add(scope[-1])
    several = {path: nodes for path, nodes in members.items() if len(layers[path]) > 1}
    return list(_hulls(graph, several))


def _movable(graph: Graph) -> Iterator[Node]:
    """What may go into a part: changes of layout stay with who asked for them."""
    for node in graph.nodes():
        permutes = isinstance(node, Call) and node.func == ".permute"
        if not isinstance(node, LEAVES) and not permutes and node not in graph.effects:
            yield node


def _hulls(graph: Graph, members: dict[tuple[str, ...], list[Node]]) -> Iterator[Group]:
    place, readers = _places(graph), readers_of(graph)
    for path, nodes in members.items():
        inside = hull(nodes, place, readers)
        if inside is not None:
            word = untraced(snake(path[-1]))
            yield Group(inside, word, word, path)
