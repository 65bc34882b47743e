"""Equal layers side by side, such as one embedding per feature, become a family.

torch.cat((a(x), b(y), c(z), d(w)))
becomes   torch.cat([layer(v) for layer, v in zip(family, (x, y, z, w))])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, map_regions, users
from tf2torch.ir.nodes import Arg, Call, Family, Module, Node
from tf2torch.ir.types import TensorType

LEAST = 4
Run = tuple[Module, ...]


def gather_families(graph: Graph) -> Graph:
    """Runs of at least four layers of one kind that are only read together."""
    readers = users(graph)
    places: dict[Run, list[Node]] = {}
    for node in graph.nodes():
        if isinstance(node, Call):
            for run in _runs(node):
                places.setdefault(run, []).append(node)
    keys = Counter(n.key for n in graph.nodes() if isinstance(n, Module))
    instead: dict[Node, tuple[Run, Family]] = {}
    for run, reading in places.items():
        together = all(set(readers[m]) <= set(reading) for m in run)
        alone = all(keys[m.key] == 1 and m not in graph.results for m in run)
        if together and alone and not any(m in instead for m in run):
            family = _family(run)
            instead.update({m: (run, family) for m in run})
    if not instead:
        return graph
    return _rebuilt(graph, instead)


def _runs(node: Call) -> Iterator[Run]:
    """Maximal runs of modules of one kind in a tuple argument."""
    parts = node.args[0] if node.args else None
    if not isinstance(parts, tuple):
        return
    run: list[Module] = []
    for part in (*parts, None):
        if isinstance(part, Module) and (not run or _alike(run[0], part)):
            run.append(part)
            continue
        if len(run) >= LEAST and len(set(run)) == len(run):
            yield tuple(run)
        run = [part] if isinstance(part, Module) and _simple(part) else []


def _simple(node: Module) -> bool:
    return len(node.args) == 1 and len(node.types) == 1 and bool(node.state)


def _alike(first: Module, other: Module) -> bool:
    names = [k for k, _ in first.config] == [k for k, _ in other.config]
    return _simple(first) and _simple(other) and first.cls == other.cls and names


def _family(run: Run) -> Family:
    args = tuple(m.args[0] for m in run)
    assert all(isinstance(a, Node) for a in args)
    return Family(
        run,
        args,  # type: ignore[arg-type] # nodes, as asserted
        types=(TensorType("variant", None),),
        origin=run[0].origin,
    )


def _rebuilt(graph: Graph, instead: dict[Node, tuple[Run, Family]]) -> Graph:
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        if node in instead:
            continue
        source = _joined(node, instead) if isinstance(node, Call) else node
        for family in _families_of(source):
            if family not in new:
                new[family] = family.map_operands(new.__getitem__)
        source = source.map_operands(_starred(new))
        new[node] = map_regions(source, gather_families) if source.graphs() else source
    return replace(
        graph,
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(new[n] for n in graph.effects),
    )


def _families_of(node: Node) -> Iterator[Family]:
    for operand in node.operands:
        if isinstance(operand, Family):
            yield operand
        elif isinstance(operand, Call) and operand.func == "star":
            yield from _families_of(operand)


def _starred(new: dict[Node, Node]) -> Callable[[Node], Node]:
    def change(node: Node) -> Node:
        if isinstance(node, Call) and node.func == "star":
            return node.map_operands(new.__getitem__)
        return new[node]

    return change


def _joined(node: Call, instead: dict[Node, tuple[Run, Family]]) -> Call:
    """``node`` with each run in its tuple as the family, or ``*family``."""
    parts = node.args[0] if node.args else None
    if not isinstance(parts, tuple) or not any(
        isinstance(p, Node) and p in instead for p in parts
    ):
        return node
    made: list[Arg] = []
    for part in parts:
        home = instead.get(part) if isinstance(part, Node) else None
        if home is None:
            made.append(part)
        elif part is home[0][0]:
            made.append(home[1])
    if len(made) == 1:
        return replace(node, args=(made[0], *node.args[1:]))
    starred = tuple(
        call("star", p, type=p.type) if isinstance(p, Family) else p for p in made
    )
    return replace(node, args=(starred, *node.args[1:]))
