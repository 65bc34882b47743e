"""Loops that count become ``For``.

    While(i, n, x; cond = i < n, body = (i + 1, n, f(i, x)))
        ->   For(0, n, x; body(index, x) = f(index, x))

The condition is ``i < n`` (or a conjunction of such) on counters that start at a
constant and grow by one; the bounds do not change in the loop. Counters become the
index, and what no iteration changes is read directly where it is a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tf2torch.ir.build import ints_of, sizes_of
from tf2torch.ir.graph import (
    Graph,
    Instead,
    map_regions,
    results_of,
    rewrite,
    substitute,
    topological,
)
from tf2torch.ir.nodes import Attr, Const, For, Input, Node, Op, Sizes, While
from tf2torch.ir.types import Dim, TensorType, dim

PASSING = frozenset({"Identity", "LoopCond", "StopGradient"})


def count_loops(graph: Graph) -> Graph:
    """Every While of ``graph`` and of its regions that only counts, as a For."""

    def change(node: Node, _: Node) -> Instead | None:
        if node.graphs():
            node = map_regions(node, count_loops)
            counted = _counted(node) if isinstance(node, While) else None
            return counted or Instead(node, results_of(node))
        return None

    return rewrite(graph, change)


@dataclass(frozen=True)
class Bound:
    """``variable < stop``; ``stop`` is read outside of the loop."""

    variable: int
    stop: Node


@dataclass(frozen=True)
class Counter:
    """Variable number ``variable`` is ``first`` plus the number of the iteration."""

    variable: int
    first: int


def _counted(loop: While) -> Instead | None:
    """The For, and what stands for each result of ``loop``."""
    counters = {c.variable: c for c in _counters(loop)}
    fixed = {
        k for k, r in enumerate(loop.body.results) if _source(r) is loop.body.inputs[k]
    }
    bounds = _bounds(_source(loop.cond.results[0]), loop, fixed)
    if not bounds or any(b.variable not in counters for b in bounds):
        return None
    if loop.cond.effects:
        return None
    first = counters[bounds[0].variable].first
    stops = [_shifted(b.stop, first - counters[b.variable].first) for b in bounds]
    if any(s is None for s in stops):
        return None
    stop = _smallest([s for s in stops if s is not None])
    if stop is None:
        return None
    return _build(loop, counters, fixed, first, stop)


def _build(
    loop: While,
    counters: dict[int, Counter],
    fixed: set[int],
    first: int,
    stop: Node,
) -> Instead:
    index_type = TensorType("int32", ())
    index = Input("index", types=(index_type,), origin=loop.origin)
    instead: dict[Node, Node] = {}
    kept: list[int] = []
    for k, variable in enumerate(loop.body.inputs):
        if k in counters:
            offset = counters[k].first - first
            instead[variable] = _plus(index, offset, variable.dtype)
        elif k in fixed and isinstance(loop.inputs[k], Const):
            instead[variable] = loop.inputs[k]
        else:
            kept.append(k)
    kept, body = _without_unread(loop, kept, fixed, substitute(loop.body, instead))
    body = replace(body, inputs=(index, *(loop.body.inputs[k] for k in kept)))
    made = For(
        _scalar(first),
        stop,
        tuple(loop.inputs[k] for k in kept),
        body,
        types=tuple(loop.types[k] for k in kept),
        origin=loop.origin,
    )
    changing = dict(zip(kept, results_of(made), strict=True))
    values = tuple(
        _last(counters[k], first, stop, type)
        if k in counters
        else loop.inputs[k]
        if k in fixed
        else changing[k]
        for k, type in enumerate(loop.types)
    )
    return Instead(made, values)


def _without_unread(
    loop: While, kept: list[int], fixed: set[int], body: Graph
) -> tuple[list[int], Graph]:
    """The variables that stay, and the body whose results are theirs."""
    needed = [body.results[k] for k in kept if k not in fixed]
    read = set(topological((*body.effects, *needed)))
    kept = [k for k in kept if k not in fixed or loop.body.inputs[k] in read]
    outputs = (
        (name, loop.body.inputs[k] if k in fixed else body.results[k])
        for k, (name, _) in enumerate(body.outputs)
        if k in kept
    )
    return kept, replace(body, outputs=tuple(outputs))


# --- reading the loop ------------------------------------------------------------


def _source(node: Node) -> Node:
    """``node`` without the identities around it."""
    while isinstance(node, Op) and node.op in PASSING:
        node = node.inputs[0]
    return node


def _counters(loop: While) -> list[Counter]:
    """Variables that start at a constant and grow by one."""
    found = []
    for k, result in enumerate(loop.body.results):
        start = ints_of(loop.inputs[k])
        if start is None or loop.inputs[k].rank != 0:
            continue
        match _source(result):
            case Op("AddV2" | "Add", (left, right)):
                sides = _source(left), _source(right)
                for one, other in (sides, sides[::-1]):
                    if one is loop.body.inputs[k] and ints_of(other) == (1,):
                        found.append(Counter(k, start[0]))
                        break
    return found


def _bounds(test: Node, loop: While, fixed: set[int]) -> list[Bound]:
    """The comparisons that must all hold; empty when ``test`` is anything else."""
    match test:
        case Op("LogicalAnd", (left, right)):
            first = _bounds(_source(left), loop, fixed)
            second = _bounds(_source(right), loop, fixed)
            return [*first, *second] if first and second else []
        case Op("Less", (left, right)):
            return _bound(_source(left), _source(right), loop, fixed, 0)
        case Op("Greater", (left, right)):
            return _bound(_source(right), _source(left), loop, fixed, 0)
        case Op("LessEqual", (left, right)):
            return _bound(_source(left), _source(right), loop, fixed, 1)
        case Op("GreaterEqual", (left, right)):
            return _bound(_source(right), _source(left), loop, fixed, 1)
        case Const() if bool(np.all(test.array)):
            return []
    return []


def _bound(
    variable: Node, stop: Node, loop: While, fixed: set[int], more: int
) -> list[Bound]:
    inputs: Sequence[Node] = loop.cond.inputs
    if variable not in inputs:
        return []
    if stop in inputs:
        if inputs.index(stop) not in fixed:
            return []
        stop = loop.inputs[inputs.index(stop)]
    elif not isinstance(stop, Const | Sizes):
        return []
    if stop.rank != 0:
        return []
    shifted = _shifted(stop, more)
    return [] if shifted is None else [Bound(inputs.index(variable), shifted)]


# --- index arithmetic ------------------------------------------------------------


def _scalar(value: int, dtype: str = "int32") -> Const:
    return Const(np.array(value, dtype), types=(TensorType(dtype, ()),))


def _size(value: Dim) -> Node:
    if isinstance(value, int):
        return _scalar(value)
    return Sizes((value,), types=(TensorType("int32", ()),))


def _shifted(node: Node, offset: int) -> Node | None:
    if offset == 0:
        return node
    known = sizes_of(node)
    if known is not None:
        return _size(dim(known[0] + offset))
    return _plus(node, offset, node.dtype)


def _plus(node: Node, offset: int, dtype: str) -> Node:
    if node.dtype != dtype:
        attrs: dict[str, Attr] = {"SrcT": node.dtype, "DstT": dtype, "Truncate": False}
        types = (TensorType(dtype, ()),)
        node = Op("Cast", (node,), attrs, types=types, origin=node.origin)
    if offset == 0:
        return node
    other = _scalar(offset, dtype)
    types = (TensorType(dtype, ()),)
    return Op("AddV2", (node, other), {"T": dtype}, types=types, origin=node.origin)


def _smallest(stops: Sequence[Node]) -> Node | None:
    """The least of the bounds; equal ones are one."""
    known = [sizes_of(s) for s in stops]
    if all(k is not None for k in known):
        sizes = {k[0] for k in known if k is not None}
        numbers = [s for s in sizes if isinstance(s, int)]
        symbols = sizes - set(numbers)
        if not symbols:
            return _size(min(numbers))
        if not numbers and len(symbols) == 1:
            return _size(symbols.pop())
    least = stops[0]
    for stop in stops[1:]:
        if stop is least:
            continue
        if stop.dtype != least.dtype:
            return None
        types = (TensorType(least.dtype, ()),)
        attrs = {"T": least.dtype}
        least = Op("Minimum", (least, stop), attrs, types=types, origin=stop.origin)
    return least


def _last(counter: Counter, first: int, stop: Node, type: TensorType) -> Node:
    """A counter after the loop, which may have run not at all."""
    known = sizes_of(stop)
    offset = counter.first - first
    if known is not None and (first == 0 or isinstance(known[0], int)):
        size = known[0]
        final = max(size, first) if isinstance(size, int) else size
        value = _size(dim(final + offset))
        return (
            replace(value, types=(type,))
            if type.dtype == "int32"
            else _cast(value, type)
        )
    attrs = {"T": stop.dtype}
    types = (TensorType(stop.dtype, ()),)
    begin = _scalar(first, stop.dtype)
    final_op = Op("Maximum", (stop, begin), attrs, types=types, origin=stop.origin)
    return _plus(final_op, offset, type.dtype)


def _cast(value: Node, type: TensorType) -> Node:
    if isinstance(value, Const):
        return Const(value.array.astype(type.dtype), types=(type,))
    return replace(value, types=(type,))
