"""A LayerNorm over the channels of an image, without permutes around it.

nn.LayerNorm(c)(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)   ->   LayerNorm2d(c)(x)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Call, Module, Node

FIRST, LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def channel_norms(graph: Graph) -> Graph:
    return transform(graph, _in_place)


def _in_place(node: Node) -> Node | None:
    match node:
        case Call(
            ".permute",
            (
                Module(
                    "nn.LayerNorm", (Call(".permute", (Node() as x, inner)),)
                ) as norm,
                outer,
            ),
        ) if inner == LAST and outer == FIRST:
            made = replace(norm, cls="helper.LayerNorm2d", args=(x,), types=node.types)
            return made
    return None
