"""Take the marks of tracing out of name scopes.

    resnet50_1/conv1_conv_1/convolution   ->   resnet50/conv1_conv/convolution

TensorFlow makes scopes unique by a number. When a model is traced again, as an export
does, nearly every scope carries the same one; then it says nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from tf2torch.ir.graph import Graph, every_node, transform
from tf2torch.ir.nodes import Input, Node, Origin

TRACE = re.compile(r"^(.*)_(\d+)$")
MOST = 0.6
# Scopes that TensorFlow's own functions open around what they compute.
FUNCTIONS = re.compile(r"(batchnorm|moments|cond)(_\d+)?")


def tidy_scopes(graph: Graph) -> Graph:
    """Drop the number that most scopes end with, where that keeps them apart, and
    the innermost scope where a function of TensorFlow opened it."""
    return _without_functions(_without_number(graph))


def _without_functions(graph: Graph) -> Graph:
    def change(node: Node) -> Node | None:
        scope = node.origin.scope
        while scope and FUNCTIONS.fullmatch(scope[-1]):
            scope = scope[:-1]
        if scope == node.origin.scope or isinstance(node, Input):
            return None
        return replace(node, origin=Origin(scope, node.origin.tf))

    return transform(graph, change)


def _without_number(graph: Graph) -> Graph:
    scopes = {node.origin.scope for node in every_node(graph)}
    parts = {part for scope in scopes for part in scope}
    endings = Counter(m.group(2) for p in parts if (m := TRACE.match(p)))
    if not endings or endings.most_common(1)[0][1] < MOST * len(parts):
        return graph
    number = endings.most_common(1)[0][0]
    names = {p: p.removesuffix(f"_{number}") for p in parts}
    if len(set(names.values())) < len(names):
        names = {p: n if n not in parts else p for p, n in names.items()}

    def change(node: Node) -> Node | None:
        scope = tuple(names.get(p, p) for p in node.origin.scope)
        if scope == node.origin.scope or isinstance(node, Input):
            return None
        return replace(node, origin=Origin(scope, node.origin.tf))

    return transform(graph, change)
