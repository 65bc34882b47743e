"""Shape arithmetic, done on symbols.

    Shape(x) -> StridedSlice -> Pack -> Reshape   becomes   Reshape(x, [batch, 49])

Each entry evaluates one op whose operands are sizes (tuples of ints and symbols) to
the sizes of its result, or None where that is not exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy

from tf2torch.ir.build import ints_of, sizes_of
from tf2torch.ir.nodes import Node, Op, Sizes
from tf2torch.ir.types import Dim, ListType, TensorType, dim, product

Values = tuple[Dim, ...]
MAX_SIZES = 64


def sizes_value(node: Op) -> Sizes | None:
    """``node`` as Sizes when it is an integer tensor made of sizes."""
    evaluate = EVALUATORS.get(node.op)
    if evaluate is None or node.dtype not in ("int32", "int64"):
        return None
    found = evaluate(node)
    if found is None:
        return None
    values, shape = found
    if len(values) > MAX_SIZES:
        return None
    return Sizes(
        tuple(map(dim, values)),
        types=(TensorType(node.dtype, shape),),
        origin=node.origin,
    )


Found = tuple[Values, tuple[int, ...]] | None


def _shape(node: Op) -> Found:
    shape = node.inputs[0].shape
    return None if shape is None else (shape, (len(shape),))


def _size(node: Op) -> Found:
    shape = node.inputs[0].shape
    return None if shape is None else ((product(shape),), ())


def _rank(node: Op) -> Found:
    shape = node.inputs[0].shape
    return None if shape is None else ((len(shape),), ())


def _length(node: Op) -> Found:
    type = node.inputs[0].type
    if not isinstance(type, ListType) or type.length is None:
        return None
    return (type.length,), ()


def _same(node: Op) -> Found:
    values, shape = sizes_of(node.inputs[0]), node.inputs[0].type.static_shape()
    return None if values is None or shape is None else (values, shape)


def _binary(combine: Callable[[Dim, Dim], Dim | None]) -> Callable[[Op], Found]:
    def evaluate(node: Op) -> Found:
        left, right = map(sizes_of, node.inputs)
        if left is None or right is None:
            return None
        a, b = node.inputs
        shape = a.type.static_shape() if a.rank else b.type.static_shape()
        if shape is None or (a.rank and b.rank and len(left) != len(right)):
            return None
        count = max(len(left), len(right))
        left, right = left * (count // len(left)), right * (count // len(right))
        values = [combine(x, y) for x, y in zip(left, right, strict=True)]
        if any(v is None for v in values):
            return None
        return tuple(v for v in values if v is not None), shape

    return evaluate


def _floor_div(x: Dim, y: Dim) -> Dim | None:
    if y == 0:
        return None
    if isinstance(x, int) and isinstance(y, int):
        return x // y
    exact = dim(sympy.cancel(sympy.sympify(x) / y))
    if isinstance(exact, int) or exact.is_integer:
        return exact
    return dim(sympy.floor(sympy.sympify(x) / y))


def _floor_mod(x: Dim, y: Dim) -> Dim | None:
    return None if y == 0 else dim(sympy.Mod(x, y))


def _prod(node: Op) -> Found:
    values, axes = sizes_of(node.inputs[0]), ints_of(node.inputs[1])
    if values is None or axes is None or node.inputs[0].rank != 1:
        return None
    if not axes:
        return values, (len(values),)
    return (product(values),), ((1,) if node.attrs["keep_dims"] else ())


def _pack(node: Op) -> Found:
    parts = [sizes_of(n) for n in node.inputs]
    if any(p is None for p in parts) or any(n.rank != 0 for n in node.inputs):
        return None
    values = tuple(v for p in parts if p is not None for v in p)
    return values, (len(values),)


def _concat(node: Op) -> Found:
    parts = [sizes_of(n) for n in node.inputs[:-1]]
    if any(p is None for p in parts) or any(n.rank != 1 for n in node.inputs[:-1]):
        return None
    values = tuple(v for p in parts if p is not None for v in p)
    return values, (len(values),)


def _index(values: Values, index: np.ndarray) -> Found:
    if index.size and (index.min() < 0 or index.max() >= len(values)):
        return None
    return tuple(values[i] for i in index.reshape(-1)), index.shape


def _gather(node: Op) -> Found:
    from tf2torch.ir.build import array_of

    values, index = sizes_of(node.inputs[0]), array_of(node.inputs[1])
    if values is None or index is None or node.inputs[0].rank != 1 or index.ndim > 1:
        return None
    return _index(values, index)


def _slice(node: Op) -> Found:
    values, begin, size = sizes_of(node.inputs[0]), *map(ints_of, node.inputs[1:])
    if values is None or not begin or not size or node.inputs[0].rank != 1:
        return None
    stop = len(values) if size[0] == -1 else begin[0] + size[0]
    taken = values[begin[0] : stop]
    return taken, (len(taken),)


def _strided_slice(node: Op) -> Found:
    values = sizes_of(node.inputs[0])
    begin, end, step = map(ints_of, node.inputs[1:])
    if values is None or not begin or not end or not step or node.inputs[0].rank != 1:
        return None
    masks = {k: node.attrs[f"{k}_mask"] for k in ("begin", "end", "ellipsis", "new_axis")}
    if masks["ellipsis"] or masks["new_axis"] or len(begin) != 1:
        return None
    if node.attrs["shrink_axis_mask"]:
        index = begin[0] + (len(values) if begin[0] < 0 else 0)
        return _index(values, np.array(index))
    taken = values[
        slice(
            None if masks["begin"] else begin[0],
            None if masks["end"] else end[0],
            step[0],
        )
    ]
    return taken, (len(taken),)


def _reshape(node: Op) -> Found:
    values, shape = sizes_of(node.inputs[0]), ints_of(node.inputs[1])
    if values is None or shape is None or len(shape) > 1:
        return None
    return values, ((len(values),) if shape else ())


def _expand_dims(node: Op) -> Found:
    values = sizes_of(node.inputs[0])
    return None if values is None or node.inputs[0].rank != 0 else (values, (1,))


def _squeeze(node: Op) -> Found:
    values = sizes_of(node.inputs[0])
    return None if values is None or len(values) != 1 else (values, ())


EVALUATORS: dict[str, Callable[[Op], Found]] = {
    "Shape": _shape,
    "Size": _size,
    "Rank": _rank,
    "TensorListLength": _length,
    "Identity": _same,
    "StopGradient": _same,
    "Cast": _same,
    "AddV2": _binary(lambda x, y: dim(x + y)),
    "Add": _binary(lambda x, y: dim(x + y)),
    "Sub": _binary(lambda x, y: dim(x - y)),
    "Mul": _binary(lambda x, y: dim(x * y)),
    "FloorDiv": _binary(_floor_div),
    "FloorMod": _binary(_floor_mod),
    "Maximum": _binary(lambda x, y: dim(sympy.Max(x, y))),
    "Minimum": _binary(lambda x, y: dim(sympy.Min(x, y))),
    "Prod": _prod,
    "Pack": _pack,
    "ConcatV2": _concat,
    "GatherV2": _gather,
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "Reshape": _reshape,
    "ExpandDims": _expand_dims,
    "Squeeze": _squeeze,
}
