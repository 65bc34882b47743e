"""Scopes that say the layer's name: ``dense_1`` where the layer is called ``dense``.

Tracing a Keras model a second time makes TensorFlow number the scopes of its layers;
a scope is the layer's own when its name without the number is one and with it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Input, Node, VariableInfo


def unnumber_scopes(graph: Graph, layers: Iterable[str]) -> Graph:
    """``graph`` with the scopes of ``layers`` as the layers are called."""
    known = frozenset(layers)
    renamed: dict[tuple[str, ...], tuple[str, ...]] = {}

    def layer(part: str) -> str:
        plain = re.sub(r"_\d+$", "", part)
        return plain if part not in known and plain in known else part

    def change(node: Node) -> Node | None:
        scope = node.origin.scope
        if scope not in renamed:
            renamed[scope] = tuple(map(layer, scope))
        if renamed[scope] == scope or isinstance(node, Input):
            return None
        return replace(node, origin=replace(node.origin, scope=renamed[scope]))

    return transform(graph, change)


def layers_of(variables: Iterable[VariableInfo]) -> set[str]:
    """Names of layers, as far as the names of their variables show them."""
    return {part for info in variables for part in info.name.split("/")[:-1]}
