"""Ops of the TF dialect that undo each other, or do nothing.

TensorListStack(TensorListFromTensor(x))         ->   x
ExpandDims(x, 0)[-1]                             ->   x
Transpose(Transpose(x, [1, 0, 2]), [1, 0, 2])    ->   x
    x * OnesLike(x)                                  ->   x
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tf2torch.ir.build import array_of, const, ints_of, scalar_of, sizes_of
from tf2torch.ir.graph import Graph, substitute, transform, users
from tf2torch.ir.nodes import Attr, Node, Op, Sizes
from tf2torch.ir.types import Dim, ListType, TensorType

MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")


def cancel_pairs(graph: Graph) -> Graph:
    return _plain_zeros(transform(graph, _cancelled))


def _plain_zeros(graph: Graph) -> Graph:
    """``ZerosLike`` of a value that nothing else needs becomes zeros of its sizes."""
    readers = users(graph)
    given = _symbols(graph.inputs)
    instead: dict[Node, Node] = {}
    for node in graph.nodes():
        match node:
            case Op("ZerosLike", (Op() as like,)):
                shape = like.shape
                if readers[like] != [node] or like in graph.results or shape is None:
                    continue
                if not _symbols([like]) <= given | _symbols(like.operands):
                    continue  # no other value might have its sizes
                sizes = Sizes(shape, types=(TensorType("int32", (len(shape),)),))
                attrs: dict[str, Attr] = {"T": node.dtype, "index_type": "int32"}
                inputs = (sizes, const(0, node.dtype))
                instead[node] = replace(node, op="Fill", inputs=inputs, attrs=attrs)
    return substitute(graph, instead)


def _symbols(nodes: Iterable[Node]) -> set[Dim]:
    sizes = (size for n in nodes for t in n.types for size in t.shape or ())
    return {s for size in sizes if not isinstance(size, int) for s in size.free_symbols}


def _cancelled(node: Node) -> Node | None:
    match node:
        case Op("TensorListStack", (Op("TensorListFromTensor", (x, _)), _)):
            return x if x.dtype == node.dtype else None
        case Op("TensorListGather", (items, indices, shape)):
            return _gathered(node, items, indices, shape)
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


def _gathered(node: Op, items: Node, indices: Node, shape: Node) -> Node | None:
    """All elements of a list in order."""
    type = items.type
    if not isinstance(type, ListType) or not _counts(indices, type.length):
        return None
    match items:
        case Op("TensorListFromTensor", (x, _)) if x.dtype == node.dtype:
            return x
    attrs: dict[str, Attr] = {"element_dtype": node.dtype, "num_elements": -1}
    inputs = (items, shape)
    return replace(node, op="TensorListStack", inputs=inputs, attrs=attrs)


def _counts(indices: Node, length: Dim | None) -> bool:
    """Are ``indices`` 0, 1, ... up to ``length``?"""
    array = array_of(indices)
    if array is not None:
        return isinstance(length, int) and np.array_equal(array, np.arange(length))
    match indices:
        case Op("Range", (start, stop, step)):
            sizes = sizes_of(stop)
            plain = scalar_of(start) == 0 and scalar_of(step) == 1
            return plain and sizes is not None and sizes[0] == length
    return False


def _takes_one(node: Op) -> bool:
    return node.attrs["shrink_axis_mask"] == 1 and not any(node.attrs[m] for m in MASKS)
