"""Scopes that say the layer's name: ``dense_1`` where the layer is called ``dense``.

Tracing a Keras model a second time makes TensorFlow number the scopes of its layers;
a scope is the layer's own when its name without the number is one and with it is not,
or when the variables that are read there say so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Input, Node, Variable, VariableInfo

Scope = tuple[str, ...]


def unnumber_scopes(graph: Graph, layers: Iterable[str]) -> Graph:
    """``graph`` with the scopes of ``layers`` as the layers are called."""
    known = frozenset(layers)
    read = _read_below(graph)
    renamed: dict[Scope, Scope] = {}

    def layer(scope: Scope) -> str:
        part = scope[-1]
        plain = re.sub(r"_\d+$", "", part)
        if plain not in known:
            return part
        found: Collection[str] = read.get(scope, ())
        own = part in known and (plain not in found or part in found)
        return part if own else plain

    def change(node: Node) -> Node | None:
        scope = node.origin.scope
        if scope not in renamed:
            ends = range(1, len(scope) + 1)
            renamed[scope] = tuple(layer(scope[:end]) for end in ends)
        if renamed[scope] == scope or isinstance(node, Input):
            return None
        return replace(node, origin=replace(node.origin, scope=renamed[scope]))

    return transform(graph, change)


def _read_below(graph: Graph) -> dict[Scope, set[str]]:
    """Scope → the layers whose variables are read in it: ``dense`` is called
    ``dense_1`` where another layer has that name."""
    found: dict[Scope, set[str]] = {}
    for node in graph.nodes():
        scope = node.origin.scope
        for operand in node.operands:
            if isinstance(operand, Variable):
                parts = operand.info.name.split("/")[:-1]
                for end in range(1, len(scope) + 1):
                    found.setdefault(scope[:end], set()).update(parts)
    return found


def layers_of(variables: Iterable[VariableInfo]) -> set[str]:
    """Names of layers, as far as the names of their variables show them."""
    return {part for info in variables for part in info.name.split("/")[:-1]}
