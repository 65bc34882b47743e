"""TensorLists that loops fill, in the forms that have a torch idiom.

items = Reserve(n); For(0, n): items[i] = y     ->   items = []; items.append(y)
items = Reserve(1); For(...): items[0] = y      ->   a variable that holds the last y
two variables with equal first and next values  ->   one
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tf2torch.ir.build import const, ints_of, scalar_of, sizes_of
from tf2torch.ir.graph import (
    Graph,
    Instead,
    map_regions,
    results_of,
    rewrite,
    substitute,
    users,
)
from tf2torch.ir.nodes import Const, For, Input, Node, Op, Sizes
from tf2torch.ir.types import ListType, TensorType

I32 = "int32"
# What masked steps do with the state before and after, and with the mask.
SELECTING = frozenset(
    {"SelectV2", "Select", "Tile", "ExpandDims", "Reshape", "TensorListGetItem"}
)
MAX_DEPTH = 4


def stack_lists(graph: Graph) -> Graph:
    """``graph`` and its regions with the lists of every For in these forms."""
    # The second merge finds variables that only differed in those merged before.
    for simplify in (_append, _keep_last, _merge, _merge):
        graph = _each_loop(graph, simplify)
    return graph


Simplify = Callable[[For, "dict[Node, list[Node]]"], "Instead | None"]


def _each_loop(graph: Graph, simplify: Simplify) -> Graph:
    readers = users(graph)

    def change(node: Node, old: Node) -> Instead | None:
        if not node.graphs():
            return None
        node = map_regions(node, lambda g: _each_loop(g, simplify))
        made = None
        if isinstance(node, For):
            pairs = zip(node.operands, old.operands, strict=True)
            made = simplify(node, {n: readers.get(o, []) for n, o in pairs})
        return made or Instead(node, results_of(node))

    return rewrite(graph, change)


def source(node: Node) -> Node:
    """``node`` without the identities around it."""
    while isinstance(node, Op) and node.op == "Identity":
        node = node.inputs[0]
    return node


@dataclass(frozen=True)
class Written:
    """Loop variable ``k`` is a list of ``length`` that only ``write`` changes."""

    k: int
    write: Op
    index: Node
    item: Node
    length: object


def _written(loop: For, readers: dict[Node, list[Node]]) -> list[Written]:
    """Lists from Reserve that only the loop reads and that it writes once a turn."""
    found = []
    inside = users(loop.body)
    for k, variable in enumerate(loop.body.inputs[1:]):
        first, type = loop.inputs[k], loop.inputs[k].type
        result = source(loop.body.results[k])
        if not isinstance(type, ListType) or len(readers.get(first, ())) != 1:
            continue
        if not isinstance(first, Op) or first.op != "TensorListReserve":
            continue
        match result:
            case Op("TensorListSetItem", (items, index, item)):
                if source(items) is variable and len(inside.get(variable, ())) == 1:
                    place = source(index)
                    found.append(Written(k, result, place, item, type.length))
    return found


def _append(loop: For, readers: dict[Node, list[Node]]) -> Instead | None:
    """Element i is written in turn i of as many turns as the list has elements."""
    turns = sizes_of(loop.stop)
    if turns is None or ints_of(loop.start) != (0,):
        return None
    inputs = list(loop.inputs)
    instead: dict[Node, Node] = {}
    for found in _written(loop, readers):
        if found.index is not loop.body.inputs[0] or found.length != turns[0]:
            continue
        first = inputs[found.k]
        assert isinstance(first, Op)
        shape, _ = first.inputs
        attrs = {k: v for k, v in first.attrs.items() if k != "num_elements"}
        inputs[found.k] = replace(
            first, op="EmptyTensorList", inputs=(shape, const(-1, I32)), attrs=attrs
        )
        dtypes = {"element_dtype": found.write.attrs.get("element_dtype")}
        variable = loop.body.inputs[1 + found.k]
        instead[found.write] = Op(
            "TensorListPushBack",
            (variable, found.item),
            dtypes,
            types=found.write.types,
            origin=found.write.origin,
        )
    if not instead:
        return None
    body = substitute(loop.body, instead)
    made = replace(loop, inputs=tuple(inputs), body=body)
    return Instead(made, results_of(made))


def _keep_last(loop: For, readers: dict[Node, list[Node]]) -> Instead | None:
    """A list of one element, written in every turn, is that element."""
    kept = {
        found.k: found
        for found in _written(loop, readers)
        if found.length == 1 and ints_of(found.index) == (0,)
    }
    kept = {k: f for k, f in kept.items() if f.item.shape is not None}
    if not kept:
        return None
    inputs, types = list(loop.inputs), list(loop.types)
    variables, outputs = list(loop.body.inputs), list(loop.body.outputs)
    for k, found in kept.items():
        types[k] = found.item.type
        inputs[k] = _zeros(found.item.type)
        variables[1 + k] = replace(variables[1 + k], types=(found.item.type,))
        outputs[k] = (outputs[k][0], found.item)
    body = replace(loop.body, inputs=tuple(variables), outputs=tuple(outputs))
    made = replace(loop, inputs=tuple(inputs), body=body, types=tuple(types))
    values = [
        _list_of(value, loop.types[k]) if k in kept else value
        for k, value in enumerate(results_of(made))
    ]
    return Instead(made, tuple(values))


def _zeros(type: TensorType) -> Node:
    shape = type.shape or ()
    known = type.static_shape()
    if known is not None:
        return const(np.zeros(known), type.dtype)
    sizes = Sizes(shape, types=(TensorType(I32, (len(shape),)),))
    attrs = {"T": type.dtype, "index_type": I32}
    return Op("Fill", (sizes, const(0, type.dtype)), attrs, types=(type,))


def _list_of(value: Node, type: TensorType) -> Node:
    """A list of the one element ``value``."""
    shape = value.shape or ()
    attrs = {"T": value.dtype, "Tdim": I32}
    rows = Op(
        "ExpandDims",
        (value, const(0, I32)),
        attrs,
        types=(value.type.with_shape((1, *shape)),),
    )
    sizes = Sizes(shape, types=(TensorType(I32, (len(shape),)),))
    attrs = {"element_dtype": value.dtype, "shape_type": I32}
    return Op("TensorListFromTensor", (rows, sizes), attrs, types=(type,))


def _merge(loop: For, readers: dict[Node, list[Node]]) -> Instead | None:
    """Variables with equal first values and equal results are one."""
    same: dict[int, int] = {}
    results = [source(r) for r in loop.body.results]
    for k, result in enumerate(results):
        for j in range(k):
            if j in same or isinstance(result, Input):
                continue
            if equal(loop.inputs[j], loop.inputs[k]) and _alike(loop, j, k):
                same[k] = j
                break
    if not same:
        return None
    kept = [k for k in range(len(results)) if k not in same]
    variables = loop.body.inputs
    instead: dict[Node, Node] = {
        variables[1 + k]: variables[1 + j] for k, j in same.items()
    }
    body = substitute(loop.body, instead)
    body = replace(
        body,
        inputs=(variables[0], *(variables[1 + k] for k in kept)),
        outputs=tuple(body.outputs[k] for k in kept),
    )
    made = replace(
        loop,
        inputs=tuple(loop.inputs[k] for k in kept),
        body=body,
        types=tuple(loop.types[k] for k in kept),
    )
    found = results_of(made)
    at = {k: found[i] for i, k in enumerate(kept)}
    values = tuple(at[same.get(k, k)] for k in range(len(results)))
    return Instead(made, values)


def _alike(loop: For, j: int, k: int) -> bool:
    """Are the next values of j and k equal, given that the present ones are?"""
    first, second = loop.body.inputs[1 + j], loop.body.inputs[1 + k]

    def same(a: Node, b: Node, depth: int) -> bool:
        a, b = source(a), source(b)
        if a is b or {a, b} == {first, second} or _same_constant(a, b):
            return True
        if not isinstance(a, Op) or not isinstance(b, Op) or depth == 0:
            return False
        if a.op not in SELECTING or (a.op, a.types, a.attrs) != (
            b.op,
            b.types,
            b.attrs,
        ):
            return False
        pairs = zip(a.inputs, b.inputs, strict=True)
        return all(same(x, y, depth - 1) for x, y in pairs)

    return same(loop.body.results[j], loop.body.results[k], MAX_DEPTH)


def _same_constant(a: Node, b: Node) -> bool:
    if not isinstance(a, Const) or not isinstance(b, Const):
        return False
    same = a.dtype == b.dtype and a.array.shape == b.array.shape
    return same and bool(np.array_equal(a.array, b.array))


def equal(a: Node, b: Node) -> bool:
    """Do two short expressions compute the same?"""
    a, b = source(a), source(b)
    if a is b:
        return True
    if a.types == b.types and _is_zero(a) and _is_zero(b):
        return True
    if _same_constant(a, b):
        return True
    if isinstance(a, Sizes) and isinstance(b, Sizes):
        return a.values == b.values and a.rank == b.rank
    if not isinstance(a, Op) or not isinstance(b, Op):
        return False
    if a.op != b.op or a.types != b.types or len(a.inputs) != len(b.inputs):
        return False
    if a.op not in ("Fill", "ZerosLike", "OnesLike"):
        return False
    return all(map(equal, a.inputs, b.inputs))


def _is_zero(node: Node) -> bool:
    match node:
        case Const(array=array) if array.dtype != object:
            return not array.any()
        case Op("Fill", (_, value)):
            return scalar_of(value) == 0
        case Op("ZerosLike"):
            return True
    return False
