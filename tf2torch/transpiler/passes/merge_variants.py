"""Blocks that differ in a part become one class with that part as an option.

    x + f(x)  and  project(x) + f(x)       ->   one class, `project` or not
    f(x)      and  f(x) + x                ->   one class, `residual` or not

A part is an option when it starts at what enters the block (a projection, an
expansion) or holds no layer (a residual, an activation), as a person would write it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from tf2torch.ir.graph import Graph, map_regions, transform
from tf2torch.ir.nodes import Block, Blocks, CustomGradient
from tf2torch.transpiler.emit.planning import REGIONS
from tf2torch.transpiler.emit.signature import Signature, sign
from tf2torch.transpiler.passes.align_blocks import align, row_keys
from tf2torch.transpiler.passes.explicit_pads import explicit_pads, has_pads
from tf2torch.transpiler.passes.option_parts import Template, Unlike

# A block with more rows than this is a stage, not a variant of another.
MOST_ROWS = 80
MOST_KEYS = 24
# The part of their rows, and of their layers, that variants have in common.
LIKE = 0.6


def merge_variants(graph: Graph) -> Graph:
    """The graph with variants of a block over one template, innermost blocks first."""
    height = 0
    while True:
        heights = _heights(graph)
        if height >= max(heights.values(), default=0):
            return graph
        level = [g for g, h in heights.items() if h == height and g is not graph]
        graph = _replaced(graph, _merged(level))
        height += 1


def alike(left: Graph, right: Graph) -> bool:
    """Would the two be one class?"""
    pair = _Variant.of(left), _Variant.of(right)
    return all(pair) and _join([v for v in pair if v]) is not None


@dataclass(eq=False)
class _Variant:
    """Graphs of one signature."""

    signature: Signature
    graphs: list[Graph] = field(default_factory=list)

    @staticmethod
    def of(graph: Graph) -> _Variant | None:
        made = sign(graph, {})
        plain = len(graph.outputs) == 1 and not graph.effects and not made.options
        nested = any(isinstance(n, (*REGIONS, CustomGradient)) for n in graph.nodes())
        small = 1 < len(made.order) <= MOST_ROWS
        return _Variant(made, [graph]) if plain and small and not nested else None


def _heights(root: Graph) -> dict[Graph, int]:
    """Graph → how deep blocks nest in it; ``root`` last."""
    found: dict[Graph, int] = {}

    def visit(graph: Graph) -> int:
        if graph not in found:
            inner = [visit(g) for g in _children(graph)]
            found[graph] = 1 + max(inner) if inner else 0
        return found[graph]

    visit(root)
    return found


def _children(graph: Graph) -> Iterator[Graph]:
    for node in graph.nodes():
        if isinstance(node, (Block, Blocks)):
            yield from node.graphs()


def _replaced(root: Graph, instead: dict[Graph, Graph]) -> Graph:
    if not instead:
        return root

    def inner(graph: Graph) -> Graph:
        return instead[graph] if graph in instead else _replaced(graph, instead)

    return transform(
        root,
        lambda node: map_regions(node, inner) if node.graphs() else None,
        into_regions=False,
    )


def _merged(graphs: Sequence[Graph]) -> dict[Graph, Graph]:
    """Graph → what takes its place, for those that have variants."""
    variants: dict[object, _Variant] = {}
    for graph in graphs:
        found = _Variant.of(graph)
        if found is not None:
            variants.setdefault(found.signature.key, found)
            if variants[found.signature.key] is not found:
                variants[found.signature.key].graphs.append(graph)
    if not 1 < len(variants) <= MOST_KEYS:
        return {}
    clusters: list[tuple[list[_Variant], dict[Graph, Graph]]] = []
    for variant in variants.values():
        for place, (members, _) in enumerate(clusters):
            joined = _join([*members, variant])
            if joined is not None:
                clusters[place] = ([*members, variant], joined)
                break
        else:
            clusters.append(([variant], {}))
    return {g: new for _, joined in clusters for g, new in joined.items()}


def _join(members: Sequence[_Variant]) -> dict[Graph, Graph] | None:
    """All graphs of ``members`` over one template; None when they are too different."""
    if len({len(m.signature.graph.inputs) for m in members}) > 1:
        return None
    for padded, late in product(_ways(members), (False, True)):
        try:
            return _over_template(members, padded, late)
        except Unlike:
            continue
    return None


def _ways(members: Sequence[_Variant]) -> tuple[bool, ...]:
    """With paddings as settings first, where there are paddings."""
    pads = any(has_pads(m.signature.graph) for m in members)
    return (True, False) if pads else (False,)


def _over_template(
    members: Sequence[_Variant], padded: bool, late: bool
) -> dict[Graph, Graph]:
    prepare = explicit_pads if padded else lambda graph: graph
    firsts = [sign(prepare(m.graphs[0]), {}) for m in members]
    if len({s.key for s in firsts}) == 1:  # but for the paddings they are equal
        return {graph: prepare(graph) for m in members for graph in m.graphs}
    keys = [row_keys(s) for s in firsts]
    rows: list[list[int | None]] = [[i] for i in range(len(keys[0]))]
    words = list(keys[0])
    for place in range(1, len(members)):
        rows, words = align(rows, words, keys[place], place, late)
    _check_likeness(rows, words, len(members))
    template = Template(firsts, rows)
    instead: dict[Graph, Graph] = {}
    made: set[object] = set()
    for place, member in enumerate(members):
        for graph in member.graphs:
            own = sign(prepare(graph), {})
            new = template.build(own, place)
            made.add(sign(new, {}).key)
            instead[graph] = new
    if len(made) > 1:
        raise Unlike("not over one template")
    return instead


def _check_likeness(
    rows: Sequence[Sequence[int | None]], words: Sequence[object], count: int
) -> None:
    layers = [bool(word[-1]) for word in words]  # type: ignore[index] # see row_keys
    for place in range(count):
        for other in range(place):
            pairs = [(r[place] is not None, r[other] is not None) for r in rows]
            for chosen in ([True] * len(rows), layers):
                counted = [p for p, c in zip(pairs, chosen, strict=True) if c]
                sizes = [sum(p[k] for p in counted) for k in (0, 1)]
                if sum(map(all, counted)) < LIKE * max(sizes):
                    raise Unlike("too little in common")
