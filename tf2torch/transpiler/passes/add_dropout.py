"""Dropout that was asked for, where the source has lost its own.

    mlp=0.1   Relu(x)  # in the scope `mlp`    ->  nn.Dropout(0.1)(Relu(x))
    0.1       Identity(x)  # `dropout_3`       ->  nn.Dropout(0.1)(x)
    0.1       nn.Linear(64, 10)(x)  # the head ->  nn.Linear(64, 10)(Dropout(0.1)(x))

A rate with a layer's name (or a pattern of names) drops of what leaves the layer; a
rate alone is for the places that the graph still tells, or else before the last
layers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial

from tf2torch.diagnostics import SourceError
from tf2torch.ir.graph import Graph, every_node, substitute, users
from tf2torch.ir.nodes import Input, Module, Node, Op
from tf2torch.ir.types import FLOATS

EVERYWHERE = ""  # the name of a rate that has none
PLACE = re.compile(r"(.*_)?dropout(_?\d+)?", re.IGNORECASE)
LAYERS = ("nn.Linear", "nn.Conv1d", "nn.Conv2d", "nn.Conv3d")
MOST_NAMES = 12


Scope = tuple[str, ...]


def add_dropout(graph: Graph, rates: Mapping[str, float]) -> Graph:
    """On the TensorFlow dialect. SourceError for a name that no layer has."""
    found: dict[Node, Module] = {}
    layers: dict[Node, Scope] = {}
    leaving: dict[Node, Scope]
    computed = _computed(graph)
    for name, rate in rates.items():
        if name == EVERYWHERE:
            leaving = dict.fromkeys(filter(_is_place, computed), ())
        else:
            leaving = _leaving(graph, computed, name)
            if not leaving:
                raise SourceError(_unknown(name, rate, computed))
        layers.update(leaving)
        found.update({node: _dropout(node, rate) for node in leaving})

    def read(user: Node | None, operand: Node) -> Node:
        inside = user is not None and _inside(user, layers.get(operand, ()))
        return operand if operand not in found or inside else found[operand]

    return _reading(graph, read)


def drop_before_heads(graph: Graph, rate: float) -> Graph:
    """On the torch dialect: before the last layers, where nothing is dropped yet."""
    modules = [n for n in every_node(graph) if isinstance(n, Module)]
    if any(n.cls.endswith(("Dropout", "StochasticDepth")) for n in modules):
        return graph
    heads = list(_last_layers(graph))
    before = [n.operands[0] for n in heads]
    found = {x: _dropout(x, rate) for x in before if not isinstance(x, Input)}
    if not found:
        raise SourceError(
            f"--dropout {rate:g}: there is no last layer to drop before; name a layer "
            "after which to drop (LAYER=RATE)"
        )
    return _reading(graph, lambda user, x: found.get(x, x) if user in heads else x)


def _reading(graph: Graph, read: Callable[[Node | None, Node], Node]) -> Graph:
    """``graph`` where every user reads ``read(user, operand)``, a result for None."""
    instead = {n: n.map_operands(partial(read, n)) for n in graph.nodes()}
    changed = {n: made for n, made in instead.items() if made is not n}
    results = [read(None, node) for node in graph.results]
    return substitute(graph.with_results(results), changed)


def _dropout(x: Node, rate: float) -> Module:
    name = "/".join(x.origin.scope)
    return Module(
        "nn.Dropout", (x,), (("p", rate),), types=(x.type,), origin=x.origin, name=name
    )


def _computed(graph: Graph) -> list[Node]:
    """Float values that depend on an input; weights do not."""
    found: dict[Node, None] = {}
    for node in graph.nodes():
        if isinstance(node, Input) or any(n in found for n in node.operands):
            found[node] = None
    return [
        n
        for n in found
        if not isinstance(n, Input) and len(n.types) == 1 and n.dtype in FLOATS
    ]


def _is_place(node: Node) -> bool:
    """The Identity that a dropout layer leaves when it does not train."""
    scope = node.origin.scope
    return (
        isinstance(node, Op)
        and node.op == "Identity"
        and bool(scope)
        and PLACE.fullmatch(scope[-1]) is not None
    )


def _leaving(graph: Graph, computed: list[Node], name: str) -> dict[Node, Scope]:
    """What leaves the layers of that name → the layer's scope."""
    readers, results = users(graph), set(graph.results)
    found = {}
    for node in computed:
        layer = _layer(node.origin.scope, name)
        if layer is None:
            continue
        outside = any(not _inside(n, layer) for n in readers.get(node, ()))
        if outside or node in results:
            found[node] = layer
    return found


def _layer(scope: Scope, name: str) -> Scope | None:
    """The outermost part of ``scope`` that is called ``name``, by path or by itself."""
    for end in range(1, len(scope) + 1):
        path = "/".join(scope[:end])
        if fnmatchcase(path, name) or fnmatchcase(scope[end - 1], name):
            return scope[:end]
    return None


def _inside(node: Node, layer: Scope) -> bool:
    return bool(layer) and node.origin.scope[: len(layer)] == layer


def _unknown(name: str, rate: float, computed: list[Node]) -> str:
    known = dict.fromkeys("/".join(n.origin.scope) for n in computed if n.origin.scope)
    shown = ", ".join(list(known)[:MOST_NAMES]) or "none with a name"
    return f"--dropout {name}={rate:g}: no layer is called so; layers: {shown}"


def _last_layers(graph: Graph) -> Iterator[Module]:
    """The layers from which outputs come without another layer between."""
    pending, seen = list(graph.results), set()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Module) and node.cls in LAYERS:
            yield node
        else:
            pending += node.operands
