"""Cells: what stands between a value that joins branches and those that it is made of.

cell 3 reads the results of cell 2 and of cell 1, cell 4 those of 3 and 2, ...

No single value cuts such a graph. A cell is all that is computed for one join alone,
from other joins on; its branches are sequences of layers that occur again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tf2torch.ir.graph import Graph, substitute
from tf2torch.ir.nodes import Block, Call, Input, Module, Node
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.cut_blocks import (
    ACTS,
    LEAVES,
    OUTSIDE,
    Group,
    cut,
    flow_order,
    readers_of,
)
from tf2torch.transpiler.passes.residual_units import follows
from tf2torch.transpiler.passes.scope_paths import state_keys

# A join has at least so many branches, a model of cells at least so many joins.
BRANCHES = 3
LEAST = 3
# A branch has at least so many layers, and stands at least so often.
LAYERS = 3
OFTEN = 3
# More values than these enter no cell.
MOST_ENTERING = 2
# The part of the layers of a cell whose names have the word that names it.
MOST = 0.5

Readers = dict[Node, list[Node]]


@dataclass(eq=False)
class _Cell:
    nodes: list[Node]
    entering: set[Node]


def cells(graph: Graph) -> list[Group]:
    """The cells of ``graph``, when most of its joins make some that read each other."""
    found = [c for c in _cells(graph) if _layers(c.nodes) > 1]
    linked = sum(len(c.entering) == MOST_ENTERING for c in found)
    if linked < LEAST or 2 * linked < len(found):
        return []
    found = [c for c in found if len(c.entering) <= MOST_ENTERING]
    words = [_words(cell) for cell in found]
    groups = []
    for i, cell in enumerate(found):
        name = _name(words[i], words)
        scope = cell.nodes[-1].origin.scope
        groups.append(Group(cell.nodes, name, f"{name}_{i}", scope))
    return groups


def pads_inside(graph: Graph) -> Graph:
    """``graph`` where each layer of a cell has a pad of its own, blocks inside."""
    inside = {n for group in cells(graph) for n in group.nodes}
    made: dict[Node, Node] = {}
    for node in graph.nodes():
        own = dict(made)
        source = node
        if node in inside and state_keys(node):
            match node:
                case Block(args=(pad, *_)) if _is_pad(pad):
                    source = _padding(node, pad)
            for operand in source.operands:
                if _is_pad(operand):
                    own[operand] = replace(made[operand])
        made[node] = source.map_operands(own.__getitem__)
    return replace(
        graph,
        outputs=tuple((name, made[n]) for name, n in graph.outputs),
        effects=tuple(made[n] for n in graph.effects),
    )


def _padding(block: Block, pad: Node) -> Block:
    """``block`` that pads by itself what enters it first."""
    match pad.operands:
        case (value,):
            first, *others = block.graph.inputs
            entry = replace(first, types=value.types)
            own = pad.map_operands(lambda n: entry)
            inner = substitute(block.graph, {first: own})
            inner = replace(inner, inputs=(entry, *others))
            return replace(block, graph=inner, args=(value, *block.args[1:]))
    return block


def branches(graph: Graph) -> list[Group]:
    """Sequences of layers that stand often in the cells of ``graph``."""
    inside = {n for group in cells(graph) for n in group.nodes}
    readers, order = readers_of(graph), flow_order(graph)
    keyed: list[tuple[object, list[Node]]] = []
    taken: set[Node] = set()
    for node in graph.nodes():
        if node not in inside or node in taken or not _is_step(node):
            continue
        run = [node]
        while (after := _next(run[-1], readers)) is not None and after in inside:
            run.append(after)
        taken.update(run)
        while run and not state_keys(run[-1]):
            run.pop()  # an activation there is that of what comes after
        while run and not (state_keys(run[0]) or _is_pad(run[0])):
            run.pop(0)
        closed = cut(run, readers, order, "") if _layers(run) >= LAYERS else None
        if closed is not None and len(closed.inputs) == 1:
            keyed.append((sign(closed, {}).key, run))
    counts = Counter(key for key, _ in keyed)
    return [
        Group(run, "branch", "branch", run[0].origin.scope)
        for key, run in keyed
        if counts[key] >= OFTEN
    ]


def _is_pad(node: Node) -> bool:
    return isinstance(node, Call) and node.func == "F.pad"


def _layers(nodes: Sequence[Node]) -> int:
    return len({k for n in nodes for k in state_keys(n)[:1]})


def _is_step(node: Node) -> bool:
    if len(node.types) != 1 or not isinstance(node, (Block, Call, Module)):
        return False
    return sum(not isinstance(o, LEAVES) for o in node.operands) == 1


def _next(node: Node, readers: Readers) -> Node | None:
    match readers.get(node, []):
        case [after] if after is not OUTSIDE and after is not ACTS:
            return after if _is_step(after) else None
    return None


def _cells(graph: Graph) -> list[_Cell]:
    readers = readers_of(graph)
    place = {node: i for i, node in enumerate(graph.nodes())}
    joins = [n for n in place if _joins(n)]
    if len(joins) < LEAST:
        return []
    ends = {join: _end(join, readers) for join in joins}
    stops = set(ends.values())
    behind = {end: _behind(end, stops) for end in ends.values()}
    counts = Counter(n for nodes in behind.values() for n in nodes)
    shared = {n for n, count in counts.items() if count > 1}
    found = []
    for end, nodes in behind.items():
        own = _closed_below(nodes - shared, end, readers, place)
        read = {o for n in own for o in n.operands} - own
        entering = {
            n for n in read if isinstance(n, Input) or not isinstance(n, LEAVES)
        }
        found.append(_Cell(sorted(own, key=place.__getitem__), entering))
    return found


def _joins(node: Node) -> bool:
    if not isinstance(node, Call) or node.func != "torch.cat" or node.rank != 4:
        return False
    parts = node.args[0]
    return isinstance(parts, tuple) and len(parts) >= BRANCHES


def _end(join: Node, readers: Readers) -> Node:
    """The activation or norm that alone reads the join; else the join."""
    match readers.get(join, []):
        case [after] if after not in (OUTSIDE, ACTS) and follows(after, join):
            return after
    return join


def _behind(end: Node, stops: set[Node]) -> set[Node]:
    """What ``end`` is computed from, down to ``stops``."""
    found, waiting = {end}, list(end.operands)
    while waiting:
        node = waiting.pop()
        if node not in found and node not in stops and not isinstance(node, LEAVES):
            found.add(node)
            waiting.extend(node.operands)
    return found


def _closed_below(
    nodes: set[Node], end: Node, readers: Readers, place: dict[Node, int]
) -> set[Node]:
    """Of ``nodes`` those that nothing but the others reads, and ``end``."""
    own = set(nodes)
    for node in sorted(nodes - {end}, key=place.__getitem__, reverse=True):
        if any(r not in own for r in readers.get(node, ())):
            own.discard(node)
    return own


def _words(cell: _Cell) -> dict[str, float]:
    """Word → the part of the layers that have it in their name."""
    names = ["_".join(n.origin.scope) for n in cell.nodes if state_keys(n)]
    counts: Counter[str] = Counter()
    for name in names:
        counts.update({w for w in name.lower().split("_") if w.isalpha()})
    return {w: c / len(names) for w, c in counts.items()}


def _name(own: dict[str, float], all_words: Sequence[dict[str, float]]) -> str:
    """``normal_cell``: after the word that most layers of this kind of cell share, and
    no layer of another kind."""
    usual = {
        word
        for word, part in own.items()
        if part >= MOST and any(word not in words for words in all_words)
    }
    word = max(sorted(usual), key=own.__getitem__, default="")
    return f"{word}_cell" if word else "cell"
