"""Equal ops on all parts of a tensor become one op on the whole, and its parts.

Cells of Keras with ``implementation=1``, and ConvLSTM, cut their kernels per gate:

k_i, k_f = Split(k); i = Conv2D(x, k_i); f = Conv2D(x, k_f)
    ->   i, f = Split(Conv2D(x, k))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tf2torch.ir.build import const, ints_of, outs, scalar_of
from tf2torch.ir.graph import Graph, map_regions, substitute, transform
from tf2torch.ir.nodes import Attr, Node, Op, Out, Variable
from tf2torch.ir.types import TensorType

ELEMENTWISE = frozenset({"Add", "AddV2", "Sub", "Mul", "BiasAdd"})
# Ops whose second operand holds the output channels on its last axis.
KERNELS = frozenset({"Conv2D", "Conv3D", "MatMul"})
CHANNELS_LAST = (None, "NHWC", "NDHWC")
READS = frozenset({"Identity", "ReadVariableOp"})
MASKS = ("ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


@dataclass(frozen=True)
class Part:
    """``whole[..., start:stop]``; ``key`` is equal for equal wholes."""

    key: object
    whole: Node
    start: int
    stop: int


def join_gates(graph: Graph) -> Graph:
    """``graph`` and its regions, joined until no parts are treated alike."""
    graph = transform(graph, _inside, into_regions=False)
    # A variable that is assigned may differ from read to read.
    fixed = not graph.effects
    while instead := _joined(graph, fixed):
        graph = substitute(graph, instead)
    return graph


def _inside(node: Node) -> Node | None:
    made = map_regions(node, join_gates) if node.graphs() else node
    return None if made is node else made


def _joined(graph: Graph, fixed: bool) -> dict[Node, Node]:
    """One group of nodes, each as a part of what takes their place; {} for none."""
    groups: dict[object, list[tuple[Part, Op]]] = {}
    for node in graph.nodes():
        found = _alike(node, fixed)
        if found is not None and isinstance(node, Op):
            groups.setdefault(found[0], []).append((found[1], node))
    for members in groups.values():
        members.sort(key=lambda m: (m[0].start, m[0].stop))
        if _covers([part for part, _ in members]):
            return _whole(members)
    return {}


def _covers(parts: Sequence[Part]) -> bool:
    """Are these all of their whole, without gaps, in two parts at least?"""
    size = (parts[0].whole.shape or (None,))[-1]
    spans = sorted({(p.start, p.stop) for p in parts})
    joined = all(a[1] == b[0] for a, b in pairwise(spans))
    return len(spans) > 1 and joined and spans[0][0] == 0 and spans[-1][1] == size


# --- parts -----------------------------------------------------------------------


def _part(node: Node, fixed: bool) -> Part | None:
    """``node`` as a part of another tensor along the last axis."""
    found = _of_split(node) or _of_slice(node)
    if found is None:
        return None
    whole, start, stop = found
    return Part(_identity(whole, fixed), whole, start, stop)


def _identity(node: Node, fixed: bool) -> object:
    """Reads of one variable are equal."""
    inner = node
    while isinstance(inner, Op) and inner.op in READS:
        inner = inner.inputs[0]
    return id(inner) if fixed and isinstance(inner, Variable) else id(node)


def _of_split(node: Node) -> tuple[Node, int, int] | None:
    match node:
        case Out(Op("Split", (axis, x), attrs), index):
            count, size = int(str(attrs["num_split"])), (node.shape or (None,))[-1]
            sizes = (size,) * count if isinstance(size, int) else None
        case Out(Op("SplitV", (x, lengths, axis)), index):
            sizes = ints_of(lengths)
        case _:
            return None
    if not sizes or min(sizes) < 0 or scalar_of(axis) not in (-1, (x.rank or 0) - 1):
        return None
    return x, sum(sizes[:index]), sum(sizes[: index + 1])


def _of_slice(node: Node) -> tuple[Node, int, int] | None:
    """All of the other axes, and a range of the last one with known bounds."""
    match node:
        case Op("StridedSlice", (x, begin, end, strides), attrs):
            pass
        case _:
            return None
    bounds = ints_of(begin), ints_of(end), ints_of(strides)
    if None in bounds or any(attrs.get(m) for m in MASKS) or not x.shape:
        return None
    starts, stops, steps = (b or () for b in bounds)
    size, last = x.shape[-1], len(x.shape) - 1
    open_start, open_stop = (int(str(attrs[f"{m}_mask"])) for m in ("begin", "end"))
    if not isinstance(size, int) or len(steps) != last + 1 or {*steps} != {1}:
        return None
    others = (1 << last) - 1
    if open_start & others != others or open_stop & others != others:
        return None
    start = 0 if open_start >> last else starts[last]
    stop = size if open_stop >> last else stops[last]
    start, stop = (v + size if v < 0 else v for v in (start, stop))
    return (x, start, min(stop, size)) if 0 <= start < stop else None


# --- ops -------------------------------------------------------------------------


def _alike(node: Node, fixed: bool) -> tuple[object, Part] | None:
    """What nodes of one group have in common, and the part that ``node`` treats."""
    if not isinstance(node, Op) or not node.types or not node.shape:
        return None
    attrs = repr(sorted(node.attrs.items()))
    if node.op in KERNELS and _last_is_out(node):
        part = _part(node.inputs[1], fixed)
        if part is not None and part.whole.shape is not None:
            return (node.op, attrs, id(node.inputs[0]), part.key), part
    if node.op in ELEMENTWISE and node.attrs.get("data_format") in CHANNELS_LAST:
        left, right = (_part(x, fixed) for x in node.inputs)
        if left and right and (left.start, left.stop) == (right.start, right.stop):
            size = (left.whole.shape or (None,))[-1]
            if (right.whole.shape or (None,))[-1] == size:
                return (node.op, attrs, left.key, right.key), left
    if node.op == "Reshape":
        return _widened(node, attrs, fixed)
    return None


def _last_is_out(node: Op) -> bool:
    plain = node.attrs.get("data_format") in CHANNELS_LAST
    same = node.inputs[1].shape is not None and node.shape is not None
    return plain and not node.attrs.get("transpose_b") and same


def _widened(node: Op, attrs: str, fixed: bool) -> tuple[object, Part] | None:
    """A vector that becomes [1, ..., n]."""
    part, shape = _part(node.inputs[0], fixed), ints_of(node.inputs[1])
    if part is None or part.whole.rank != 1 or not shape or {*shape[:-1]} > {1}:
        return None
    if shape[-1] not in (-1, part.stop - part.start):
        return None
    return ("Reshape", attrs, len(shape), part.key), part


def _whole(members: Sequence[tuple[Part, Op]]) -> dict[Node, Node]:
    """The op on the whole, and each member as a part of that."""
    first_part, first = members[0]
    size = (first_part.whole.shape or ())[-1]
    shape = (*(first.shape or ())[:-1], size)
    inputs = tuple(_operands(first, first_part.whole, size))
    origin = first.origin
    for _, node in members[1:]:
        origin = origin.merge(node.origin)
    types = (TensorType(first.dtype, shape),)
    made = replace(first, inputs=inputs, types=types, origin=origin)
    spans = sorted({(p.start, p.stop) for p, _ in members})
    cut = dict(zip(spans, _cut(made, spans, members), strict=True))
    return {node: cut[part.start, part.stop] for part, node in members}


def _operands(first: Op, whole: Node, size: object) -> Iterator[Node]:
    if first.op in KERNELS:
        yield from (first.inputs[0], whole)
    elif first.op == "Reshape":
        ones = (ints_of(first.inputs[1]) or ())[:-1]
        yield from (whole, const((*ones, size), first.inputs[1].dtype))
    else:
        for operand in first.inputs:
            found = _of_split(operand) or _of_slice(operand)
            assert found is not None
            yield found[0]


def _cut(
    made: Op, spans: Sequence[tuple[int, int]], members: Sequence[tuple[Part, Op]]
) -> tuple[Node, ...]:
    """``made`` in its parts along the last axis."""
    rank, sizes = len(made.shape or ()), [stop - start for start, stop in spans]
    by_span = {(p.start, p.stop): node.types[0] for p, node in members}
    types = tuple(by_span[span] for span in spans)
    axis = const(rank - 1, "int32")
    if len({*sizes}) == 1:
        attrs: dict[str, Attr] = {"T": made.dtype, "num_split": len(sizes)}
        split = Op("Split", (axis, made), attrs, types=types, origin=made.origin)
        return outs(split)
    attrs = {"T": made.dtype, "Tlen": "int32", "num_split": len(sizes)}
    inputs = (made, const(sizes, "int32"), axis)
    return outs(Op("SplitV", inputs, attrs, types=types, origin=made.origin))
