"""Runs of equal layers as blocks: a multilayer perceptron, a stack of convolutions.

    linear -> relu -> linear -> relu -> linear -> relu   ->   LinearRelu, three times

Names do not matter: `dnn1`, `dnn2`, `dnn3` are as equal as layers without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Module, Node
from tf2torch.transpiler.passes.chain_blocks import chain_blocks
from tf2torch.transpiler.passes.cut_blocks import (
    Group,
    flow_order,
    readers_of,
    replace_groups,
)
from tf2torch.transpiler.passes.residual_units import follows, unit_key
from tf2torch.transpiler.passes.segment_blocks import WORDS, apart, unnamed

LAYERS = ("nn.Linear", "nn.Conv", "nn.ConvTranspose")
# A run becomes a loop with this many steps; inside of a block, where variants of the
# block may have fewer, with as many more.
LEAST = 3
LEAST_INSIDE = 6

Readers = dict[Node, list[Node]]


def loop_over_layers(graph: Graph, inside: bool) -> Graph:
    """``graph`` with its runs as chains; ``inside``: it is the body of a block."""
    groups = apart(graph, _runs(graph, LEAST_INSIDE if inside else LEAST))
    if not groups:
        return graph
    return chain_blocks(replace_groups(graph, groups, unnamed))


def _runs(graph: Graph, least: int) -> list[Group]:
    readers, order = readers_of(graph), flow_order(graph)
    units = [u for n in graph.nodes() if (u := _unit(n, readers)) is not None]
    leading = {unit[0]: unit for unit in units}
    after: dict[Node, list[Node]] = {}
    for unit in units:
        match readers.get(unit[-1], []):
            case [next_] if next_ in leading:
                after[unit[0]] = leading[next_]
    entered = {unit[0] for unit in after.values()}
    groups: list[Group] = []
    for unit in units:
        if unit[0] in entered:
            continue
        chain = [unit]
        while chain[-1][0] in after:
            chain.append(after[chain[-1][0]])
        keyed = [(unit_key(u, readers, order), u) for u in chain]
        for key, run in groupby(keyed, key=lambda pair: pair[0]):
            found = [u for _, u in run]
            if key is not None and len(found) >= least:
                name = _name(found[0])
                groups += [Group(u, name, name, u[0].origin.scope) for u in found]
    return groups


def _name(unit: Sequence[Node]) -> str:
    """Of the class: ``linear_relu``, ``conv_bn_relu``."""
    words = [WORDS.get(n.cls, "") for n in unit if isinstance(n, Module)]
    calls = [n.func.split(".")[-1] for n in unit if isinstance(n, Call)]
    return "_".join(w for w in (*words, *calls) if w not in ("", "pad"))


def _unit(node: Node, readers: Readers) -> list[Node] | None:
    """A layer with the pad in front of it and the activation behind it."""
    if not isinstance(node, Module) or not node.cls.startswith(LAYERS):
        return None
    unit: list[Node] = [node]
    x = node.args[0] if node.args else None
    if isinstance(x, Call) and x.func == "F.pad" and readers.get(x) == [node]:
        unit.insert(0, x)
    while True:
        match readers.get(unit[-1], []):
            case [after] if follows(after, unit[-1]) or _drops(after):
                unit.append(after)
            case _:
                break
    return unit if unit[-1] is not node else None


def _drops(node: Node) -> bool:
    return isinstance(node, Module) and node.cls == "nn.Dropout"
