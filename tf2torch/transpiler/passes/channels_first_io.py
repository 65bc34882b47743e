"""Inputs and outputs of a model with their channels first, where torch wants them so.

    forward(image: [N, H, W, C]): x = image.permute(0, 3, 1, 2) ...
    becomes   forward(image: [N, C, H, W]): x = image ...

An input moves where the port would permute it to channels first, an output where it
would permute it back: these permutes are then the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tf2torch.diagnostics import SourceError
from tf2torch.ir.build import PERMUTES, inverse, permute
from tf2torch.ir.graph import Graph, substitute
from tf2torch.ir.nodes import Call, Input, Node
from tf2torch.transpiler.passes.choose_layout import choose_layout

Axes = tuple[int, ...]
IMAGES = (3, 4, 5)  # ranks of sequences, images and volumes with a batch


@dataclass(frozen=True)
class Borders:
    """By input and by output, in order: ``port's = source's.permute(axes)``, or ()."""

    inputs: tuple[Axes, ...] = ()
    outputs: tuple[Axes, ...] = ()


def channels_first_io(graph: Graph) -> tuple[Graph, Borders]:
    """``graph`` with other inputs and outputs; SourceError when none is an image."""
    laid = choose_layout(graph)
    images = {_input_of(n) for n in laid.nodes()} - {None}
    inputs = tuple(_first(i.rank) if i in images else () for i in laid.inputs)
    outputs = tuple(_first(n.rank) if _is_image(n) else () for n in laid.results)
    if not any((*inputs, *outputs)):
        raise SourceError(
            "no input or output of this model is an image with its channels last: "
            "leave out --channels-first-io"
        )
    return _moved(graph, Borders(inputs, outputs)), Borders(inputs, outputs)


def _moved(graph: Graph, borders: Borders) -> Graph:
    instead: dict[Node, Node] = {}
    inputs: list[Input] = []
    for node, axes in zip(graph.inputs, borders.inputs, strict=True):
        made = node
        if axes:
            made = replace(node, types=(permute(node, axes).type,))
            instead[node] = permute(made, inverse(axes))
        inputs.append(made)
    results = [
        permute(node, axes) if axes else node
        for node, axes in zip(graph.results, borders.outputs, strict=True)
    ]
    changed = substitute(graph.with_results(results), instead)
    return replace(changed, inputs=tuple(inputs))


def _first(rank: int | None) -> Axes:
    return tuple(PERMUTES[rank or 0])


def _input_of(node: Node) -> Node | None:
    """The input that ``node`` permutes to channels first."""
    if not isinstance(node, Call) or node.func != ".permute":
        return None
    x, axes = node.args[0], node.args[1]
    if not isinstance(x, Input) or x.rank not in IMAGES or axes != _first(x.rank):
        return None
    return x


def _is_image(node: Node) -> bool:
    """Does ``node`` permute back what has its channels first?"""
    if not isinstance(node, Call) or node.func != ".permute":
        return False
    return node.rank in IMAGES and node.args[1] == inverse(_first(node.rank))
