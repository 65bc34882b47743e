"""Ops of the TF dialect that undo each other, or do nothing.

TensorListStack(TensorListFromTensor(x))         ->   x
ExpandDims(x, 0)[-1]                             ->   x
Transpose(Transpose(x, [1, 0, 2]), [1, 0, 2])    ->   x
    x * OnesLike(x)                                  ->   x
"""

from __future__ import annotations

from tf2torch.ir.build import ints_of
from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Node, Op

MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")


def cancel_pairs(graph: Graph) -> Graph:
    return transform(graph, _cancelled)


def _cancelled(node: Node) -> Node | None:
    match node:
        case Op("TensorListStack", (Op("TensorListFromTensor", (x, _)), _)):
            return x if x.dtype == node.dtype else None
        case Op("StridedSlice", (Op("ExpandDims", (x, axis)), begin, _, _)):
            first = ints_of(axis) == (0,) and ints_of(begin) in ((0,), (-1,))
            return x if first and _takes_one(node) else None
        case Op("Transpose", (Op("Transpose", (x, inner)), outer)):
            first_axes, second = ints_of(inner), ints_of(outer)
            if first_axes is None or second is None:
                return None
            composed = tuple(first_axes[axis] for axis in second)
            return x if composed == tuple(range(len(composed))) else None
        case Op("Mul", (x, Op("OnesLike") as ones)) if x.types == ones.types:
            return x
        case Op("Mul", (Op("OnesLike") as ones, x)) if x.types == ones.types:
            return x
    return None


def _takes_one(node: Op) -> bool:
    return node.attrs["shrink_axis_mask"] == 1 and not any(node.attrs[m] for m in MASKS)
