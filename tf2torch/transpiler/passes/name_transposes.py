"""Swaps of two axes under the name that a person gives them, if any is needed.

x.permute(1, 0)         ->   x.T
x.permute(0, 1, 3, 2)   ->   x.transpose(-2, -1)
x.permute(1, 0, 2)      ->   x.transpose(0, 1)
x.permute(0, 2, 3, 1).squeeze((0, 1, 2))   ->   x.squeeze((0, 2, 3))
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Call, Node


def name_transposes(graph: Graph) -> Graph:
    return transform(graph, _named)


def _named(node: Node) -> Node | None:
    match node:
        case Call(".squeeze", (Call(".permute", (Node() as x, tuple() as axes)), dims)):
            listed = dims if isinstance(dims, tuple) else (dims,)
            gone = [axes[d] for d in listed if type(d) is int]
            kept = [a for i, a in enumerate(axes) if i not in listed]
            if len(gone) < len(listed) or kept != sorted(kept):
                return None
            return replace(node, args=(x, tuple(sorted(gone))))
        case Call(".permute", (Node() as x, tuple() as axes)):
            moved = [i for i, axis in enumerate(axes) if i != axis]
            if len(moved) != 2:
                return None
            if len(axes) == 2:
                return replace(node, func="@T", args=(x,))
            last = len(axes) > 3 and moved[1] == len(axes) - 1
            pair = tuple(i - len(axes) if last else i for i in moved)
            return replace(node, func=".transpose", args=(x, *pair))
    return None
