"""Slices of tensors, their gradients, and tensors with a slice replaced."""

from __future__ import annotations

from tf2torch.ir.build import call, outs, sizes_of
from tf2torch.ir.nodes import Arg, DType, Node, Slice
from tf2torch.ir.types import TensorType, dim
from tf2torch.rules.elements import elements_of, sizes_arg
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.strided import ALL, StridedAttrs, Subscript, subscript

rules = RuleSet("slicing")


@rules.rule("StridedSlice")
def strided_slice(
    x: Node,
    begin: Node,
    end: Node,
    strides: Node,
    *,
    attrs: StridedAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    found = subscript(x.rank, begin, end, strides, attrs)
    if isinstance(found, str):
        return Decline(found)
    return found.of(x)


@rules.rule("Slice")
def slice_(x: Node, begin: Node, size: Node, *, out: tuple[TensorType, ...]) -> Node:
    starts, sizes = elements_of(begin), elements_of(size)
    if starts is None or sizes is None:
        known = starts or sizes
        count = x.rank if known is None else len(known)
        if count is None:
            return call("helper.part", x, begin, size, type=out[0])
        starts = starts or _unpacked(begin, count)
        sizes = sizes or _unpacked(size, count)
    items: list[Arg] = []
    for axis, (start, length) in enumerate(zip(starts, sizes, strict=True)):
        whole = x.shape is not None and start == 0 and x.shape[axis] == length
        items.append(ALL if whole else _cut(start, length))
    while items and items[-1] == ALL:
        items.pop()
    return Subscript(tuple(items)).of(x)


def _unpacked(node: Node, count: int) -> tuple[Node, ...]:
    scalar = node.type.with_shape(())
    return outs(call(".tolist", node, types=(scalar,) * count))


def _cut(start: Arg, length: Arg) -> Slice:
    """``start:start + length``; a length of -1 takes the rest."""
    first = None if start == 0 else start
    if isinstance(length, Node):
        return Slice(first, call("helper.slice_end", start, length, type=length.type))
    if length == -1:
        return Slice(first)
    if isinstance(start, Node):
        return Slice(first, call("+", start, length, type=start.type))
    return Slice(first, dim(start + length))  # type: ignore[operator] # sizes


@rules.rule("TensorStridedSliceUpdate")
def tensor_strided_slice_update(
    x: Node,
    begin: Node,
    end: Node,
    strides: Node,
    value: Node,
    *,
    attrs: StridedAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    found = subscript(x.rank, begin, end, strides, attrs)
    if isinstance(found, str):
        return Decline(found)
    return replaced(x, found, value)


def replaced(x: Node, where: Subscript, value: Node) -> Node:
    """``x`` with the elements that ``where`` names replaced by ``value``."""
    flipped = call(".flip", x, *where.flips, type=x.type) if where.flips else x
    index: Arg = where.items or (Slice(),)
    made = call("helper.with_slice", flipped, index, value, type=x.type)
    return call(".flip", made, *where.flips, type=x.type) if where.flips else made


@rules.rule("StridedSliceGrad")
def strided_slice_grad(
    shape: Node,
    begin: Node,
    end: Node,
    strides: Node,
    dy: Node,
    *,
    attrs: StridedAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    rank = out[0].rank
    if rank is None:
        known = sizes_of(shape)
        rank = None if known is None else len(known)
    zeros = call(
        "torch.zeros", sizes_arg(shape), dtype=DType(out[0].dtype), type=out[0]
    )
    found = subscript(rank, begin, end, strides, attrs)
    if isinstance(found, str):
        return Decline(found)
    return replaced(zeros, found, dy)
