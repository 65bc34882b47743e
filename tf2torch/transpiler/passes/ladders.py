"""Blocks one after the other that a plain chain cannot hold become ladders.

skip, x = a(x); skip2, x = b(x); skip3, x = c(x)   ->   one loop, a list of skips
x = c(x, skip3); x = b(x, skip2); x = a(x, skip)   ->   one loop over that list
y = a(x, p); z = b(y, x); w = c(z, y)              ->   one loop that carries two values
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, map_regions, substitute, transform
from tf2torch.ir.nodes import Block, Call, Ladder, Node, Out
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.emit.names import is_noise, snake
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.chain_blocks import NOUNS
from tf2torch.transpiler.passes.cut_blocks import ACTS, readers_of
from tf2torch.transpiler.passes.merge_variants import alike

# Fewer blocks than these are written out.
LEAST = 3
# Of more blocks than these no value is read by its number.
FEW = 5
LIST = TensorType("variant", None)
Wire = tuple[str, int]


def climb_ladders(graph: Graph) -> Graph:
    """``graph``, and the blocks in it, with their ladders."""
    graph = transform(
        graph,
        lambda n: map_regions(n, climb_ladders) if n.graphs() else None,
        into_regions=False,
    )
    while (ladder := _first(graph)) is not None:
        graph = transform(substitute(graph, ladder.instead()), _summed, False)
    return graph


@dataclass(eq=False)
class _Run:
    """Blocks of which each reads what the one before returns, and how."""

    blocks: list[Block]
    reads: tuple[Wire, ...]
    hands: tuple[Wire, ...]
    keeps: tuple[int, ...]
    entering: tuple[Node, ...]
    given: tuple[Node, ...]
    own: tuple[tuple[Node, ...], ...]
    results: dict[Block, dict[int, Node]]  # those that are read

    def instead(self) -> dict[Node, Node]:
        """Results of the blocks → the same of the ladder."""
        first, last = self.blocks[0], self.blocks[-1]
        carried = [
            last.types[place] if kind == "result" else value.types[0]
            for (kind, place), value in zip(self.hands, self.entering, strict=True)
        ]
        made = Ladder(
            tuple(b.graph for b in self.blocks),
            (*self.entering, *self.given, *(n for own in self.own for n in own)),
            _name(self.blocks),
            self.reads,
            self.hands,
            self.keeps,
            types=(*carried, *(LIST for _ in self.keeps)),
            origin=replace(first.origin, scope=()),
        )
        found: dict[Node, Node] = {}
        for number, result in enumerate(self.keeps):
            kept = Out(made, len(self.hands) + number, types=(LIST,))
            for place, block in enumerate(self.blocks):
                old = self.results[block].get(result)
                if old is not None:
                    found[old] = call("[]", kept, place, type=old.types[0])
        for number, (kind, place) in enumerate(self.hands):
            if kind == "result":
                single = len(made.types) == 1
                new = made if single else Out(made, number, types=(carried[number],))
                found[self.results[last].get(place, last)] = new
        return found


def _first(graph: Graph) -> _Run | None:
    finder = _Finder(graph)
    for blocks in finder.sequences():
        run = finder.run(blocks)
        if run is not None:
            return run
    return None


class _Finder:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.readers = readers_of(graph)
        self.place = {node: i for i, node in enumerate(graph.nodes())}
        self.results: dict[Block, dict[int, Node]] = {}
        for node in self.place:
            if isinstance(node, Block):
                self.results.setdefault(node, {})
                if len(node.types) == 1:
                    self.results[node][0] = node
            elif isinstance(node, Out) and isinstance(node.node, Block):
                self.results.setdefault(node.node, {})[node.index] = node

    def sequences(self) -> Iterator[list[Block]]:
        """Blocks of which each reads the one before; then parts of equal ones."""
        following: dict[Block, Block] = {}
        for block in self.results:
            near = [r for r in self.reading(block) if _shape(r) == _shape(block)]
            if near:
                following[block] = min(near, key=self.place.__getitem__)
        entered = set(following.values())
        for start in following:
            if start in entered:
                continue
            found = [start]
            while found[-1] in following:
                found.append(following[found[-1]])
            yield found
            yield from _equal(found)

    def reading(self, block: Block) -> list[Block]:
        values = self.results[block].values()
        after = [r for value in values for r in self.readers.get(value, ())]
        return [r for r in after if isinstance(r, Block)]

    def run(self, blocks: list[Block]) -> _Run | None:
        """How the blocks hang together; None when a chain or nothing will do."""
        if len(blocks) < LEAST or any(ACTS in self.readers.get(b, ()) for b in blocks):
            return None
        wires = [self.wire(blocks, j) for j in range(len(blocks[0].args))]
        handed = [j for j, wire in enumerate(wires) if wire[0] in ("result", "input")]
        if not handed or all(wires[j][0] == "input" for j in handed):
            return None
        hands = tuple(
            (kind, place) if kind == "result" else ("carried", handed.index(place))
            for kind, place in (wires[j] for j in handed)
        )
        shifts = any(kind == "carried" for kind, _ in hands)
        keeps = self.kept(blocks, {p for kind, p in hands if kind == "result"}, shifts)
        given = [j for j, (kind, _) in enumerate(wires) if kind == "given"]
        own = [j for j, (kind, _) in enumerate(wires) if kind == "own"]
        if keeps is None or not (shifts or keeps or own) or len(own) > 1:
            return None
        if not (shifts and not own) and not _are_alike(blocks):
            return None
        columns = tuple(tuple(b.args[j] for b in blocks) for j in own)
        if self.depends(blocks, [n for column in columns for n in column]):
            return None
        kinds = {"carried": handed, "given": given, "own": own}
        reads = tuple(
            next((kind, js.index(j)) for kind, js in kinds.items() if j in js)
            for j in range(len(wires))
        )
        first = blocks[0].args
        return _Run(
            blocks,
            reads,
            hands,
            keeps,
            tuple(first[j] for j in handed),
            tuple(first[j] for j in given),
            columns,
            self.results,
        )

    def wire(self, blocks: Sequence[Block], j: int) -> Wire:
        """Where input ``j`` comes from: a result of the block before, an input of the
        block before, one value for all, or one for each."""
        column = [b.args[j] for b in blocks]
        for place in range(len(blocks[0].types)):
            before = [self.results[b].get(place) for b in blocks[:-1]]
            if all(a is b for a, b in zip(column[1:], before, strict=True)):
                return ("result", place)
        if len(set(column)) == 1:
            return ("given", j)
        for k in range(len(blocks[0].args)):
            if k != j and all(
                value is block.args[k]
                for value, block in zip(column[1:], blocks[:-1], strict=True)
            ):
                return ("input", k)
        return ("own", j)

    def kept(
        self, blocks: Sequence[Block], handed: set[int], shifts: bool
    ) -> tuple[int, ...] | None:
        """The results that others read, too; None when lists are no help."""
        found: set[int] = set()
        inside = set(blocks)
        for block in blocks:
            for place, value in self.results[block].items():
                others = [r for r in self.readers.get(value, ()) if r not in inside]
                if others and not (block is blocks[-1] and place in handed):
                    found.add(place)
        if shifts:
            return None if found else ()
        few = len(blocks) <= FEW or all(
            self.is_collected(r, inside)
            for place in found
            for block in blocks
            for r in self.readers.get(self.results[block].get(place, block), ())
        )
        return tuple(sorted(found)) if len(found) <= 1 and few else None

    def is_collected(self, reader: Node, inside: set[Block]) -> bool:
        summed = isinstance(reader, Call) and reader.func in ("+", "torch.cat")
        return reader in inside or summed or isinstance(reader, Block)

    def depends(self, blocks: Sequence[Block], values: Sequence[Node]) -> bool:
        after: set[Node] = set(blocks)
        for node in self.place:
            if any(o in after for o in node.operands):
                after.add(node)
        return any(value in after for value in values)


def _shape(block: Block) -> tuple[int, int]:
    return len(block.args), len(block.types)


def _equal(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Stretches of blocks that will be one class."""
    for _, run in groupby(blocks, key=lambda b: sign(b.graph, {}).key):
        found = list(run)
        if LEAST <= len(found) < len(blocks):
            yield found


def _are_alike(blocks: Sequence[Block]) -> bool:
    first = blocks[0].graph
    key = sign(first, {}).key
    others = [b.graph for b in blocks if sign(b.graph, {}).key != key]
    return len(others) < len(blocks) / 2 and all(alike(first, o) for o in others)


def _name(blocks: Sequence[Block]) -> str:
    """``cells``, or what a user called them all: ``down``."""
    words = {re.sub(r"_?\d+$", "", snake(b.name)) for b in blocks}
    ends = {word.split("_")[-1] for word in words}
    end = ends.pop() if len(ends) == 1 else ""
    if end in NOUNS:
        return f"{end}s"
    word = words.pop() if len(words) == 1 else ""
    return "blocks" if is_noise(word) else word


# --- sums -------------------------------------------------------------------------


def _summed(node: Node) -> Node | None:
    """``skips[0] + skips[1] + skips[2]``, all of them, as ``sum(skips)``; with a term
    before them as ``sum(skips, term)``."""
    items: list[Node] = []
    rest = node
    while isinstance(rest, Call) and rest.func == "+" and len(rest.operands) == 2:
        if not _is_kept(rest.operands[1]):
            break
        items.insert(0, rest.operands[1])
        rest = rest.operands[0]
    start = [] if _is_kept(rest) else [rest]
    items = items if start else [rest, *items]
    match items[:1]:
        case [Call("[]", (Out(node=Ladder() as ladder) as kept, 0))]:
            wanted = [(kept, i) for i in range(len(ladder.graphs_))]
            if [i.args for i in items if isinstance(i, Call)] == wanted:
                return call("sum", kept, *start, type=node.types[0])
    return None


def _is_kept(node: Node) -> bool:
    match node:
        case Call("[]", (Out(node=Ladder()), int())):
            return True
    return False
