"""Sums of products with variables: what a gate of a recurrent cell is made of.

    Split(BiasAdd(MatMul(x, K) + MatMul(h, R), b), 4)[1]
        ->   x @ K[:, n:2n] + h @ R[:, n:2n] + b[n:2n]

Read in the TF dialect, where every way to write a cell comes down to a few ops.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tf2torch.ir.build import array_of, ints_of, scalar_of
from tf2torch.ir.nodes import Node, Op, Out, Variable, VariableInfo
from tf2torch.ir.types import Shape

Span = tuple[int, int]


@dataclass(frozen=True)
class Slab:
    """A box of a variable; ``dropped`` axes hold one index and are gone."""

    variable: VariableInfo
    box: tuple[Span, ...]
    dropped: tuple[int, ...] = ()

    @property
    def axes(self) -> tuple[int, ...]:
        return tuple(i for i in range(len(self.box)) if i not in self.dropped)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.box[i][1] - self.box[i][0] for i in self.axes)

    def cut(self, axis: int, start: int, stop: int) -> Slab:
        """Only ``start:stop`` along ``axis`` of what is left."""
        at = self.axes[axis]  # counts from the end where negative
        first = self.box[at][0]
        span = (first + start, first + stop)
        box = tuple(span if i == at else s for i, s in enumerate(self.box))
        return replace(self, box=box)

    def index(self, axis: int, at: int) -> Slab:
        cut = self.cut(axis, at, at + 1)
        return replace(cut, dropped=tuple(sorted((*self.dropped, self.axes[axis]))))


@dataclass(frozen=True, eq=False)
class Affine:
    """``sum(source @ slab) + sum(biases) + offset``, with ``width`` columns."""

    products: tuple[tuple[Node, Slab], ...]
    biases: tuple[Slab, ...]
    offset: float
    width: int

    def columns(self, start: int, stop: int) -> Affine:
        return Affine(
            tuple((s, slab.cut(1, start, stop)) for s, slab in self.products),
            tuple(b.cut(0, start, stop) for b in self.biases),
            self.offset,
            stop - start,
        )

    def plus(self, other: Affine) -> Affine | None:
        if self.width != other.width:
            return None
        return Affine(
            (*self.products, *other.products),
            (*self.biases, *other.biases),
            self.offset + other.offset,
            self.width,
        )


def source(node: Node) -> Node:
    """``node`` without the identities around it."""
    while isinstance(node, Op) and node.op == "Identity":
        node = node.inputs[0]
    return node


def slab_of(node: Node) -> Slab | None:
    """``node`` as a box of a variable."""
    match source(node):
        case Op("ReadVariableOp", (Variable() as handle,)):
            shape = handle.info.shape
            if shape is None:
                return None
            return Slab(handle.info, tuple((0, size) for size in shape))
        case Out() as part:
            return _part_of_slab(part)
        case Op("StridedSlice", (inner, *_)) as cut:
            whole = slab_of(inner)
            return None if whole is None else _sliced_slab(cut, whole)
        case Op("Squeeze" | "Reshape", (inner, *_)) as flat:
            whole = slab_of(inner)
            return None if whole is None else _without_ones(whole, flat.shape)
    return None


def _without_ones(slab: Slab, shape: Shape | None) -> Slab | None:
    """``slab`` without its axes of size 1, where that is what ``shape`` says."""
    for axis in reversed(range(len(slab.shape))):
        if slab.shape[axis] == 1 and slab.shape != shape:
            slab = slab.index(axis, 0)
    return slab if slab.shape == shape else None


def _part_of_slab(part: Out) -> Slab | None:
    cut = _split(part)
    if cut is not None:
        whole = slab_of(cut.inner)
        return None if whole is None else whole.cut(cut.axis, *cut.span)
    match part.node:
        case Op("Unpack", (inner,)) as unpack:
            whole, at = slab_of(inner), unpack.attrs["axis"]
            if whole is None or not isinstance(at, int):
                return None
            return whole.index(at % len(whole.shape), part.index)
    return None


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a split of ``inner`` along ``axis``."""

    inner: Node
    axis: int
    span: Span


def _split(part: Out) -> Part | None:
    match part.node:
        case Op("Split", (axis, inner)) | Op("SplitV", (inner, _, axis)):
            at = ints_of(axis)
            shapes = [t.shape for t in part.node.types]
            if at is None or any(s is None for s in shapes):
                return None
            sizes = [s[at[0]] for s in shapes if s is not None]
            if not all(isinstance(s, int) for s in sizes):
                return None
            ends = np.cumsum([0, *sizes])
            span = (int(ends[part.index]), int(ends[part.index + 1]))
            return Part(inner, at[0], span)
    return None


@dataclass(frozen=True)
class Cut:
    """What a StridedSlice takes of one axis; ``shrunk`` axes are gone."""

    span: Span
    shrunk: bool


def cuts_of(node: Op, shape: tuple[int, ...]) -> list[Cut] | None:
    """Per axis what ``node`` takes, when it is plain and in steps of one."""
    begin, end, steps = (ints_of(n) for n in node.inputs[1:4])
    masks = {k: node.attrs[f"{k}_mask"] for k in ("ellipsis", "new_axis")}
    if begin is None or end is None or steps is None or any(masks.values()):
        return None
    if any(s != 1 for s in steps) or len(begin) > len(shape):
        return None
    found = [Cut((0, size), False) for size in shape]
    for i, (first, last) in enumerate(zip(begin, end, strict=True)):
        if _bit(node, "shrink_axis_mask", i):
            at = first % shape[i]
            found[i] = Cut((at, at + 1), True)
            continue
        start, stop, _ = slice(
            None if _bit(node, "begin_mask", i) else first,
            None if _bit(node, "end_mask", i) else last,
        ).indices(shape[i])
        found[i] = Cut((start, stop), False)
    return found


def _bit(node: Op, mask: str, i: int) -> bool:
    value = node.attrs[mask]
    return isinstance(value, int) and bool(value >> i & 1)


def _sliced_slab(node: Op, slab: Slab) -> Slab | None:
    cuts = cuts_of(node, slab.shape)
    if cuts is None:
        return None
    for axis in reversed(range(len(cuts))):
        start, stop = cuts[axis].span
        if cuts[axis].shrunk:
            slab = slab.index(axis, start)
        else:
            slab = slab.cut(axis, start, stop)
    return slab


# --- sums of products ------------------------------------------------------------


def affine(node: Node) -> Affine | None:
    """``node``, of rank 2, as a sum of products with variables, biases and numbers."""
    match source(node):
        case Op("MatMul", (x, weight)) as product:
            if product.attrs["transpose_a"] or product.attrs["transpose_b"]:
                return None
            slab = slab_of(weight)
            return None if slab is None else _product(source(x), slab)
        case Op("BiasAdd" | "AddV2" | "Add", (left, right)):
            return _sum(left, right) or _sum(right, left)
        case Out() as part:
            cut = _split(part)
            whole = None if cut is None else affine(cut.inner)
            if cut is None or whole is None or cut.axis not in (1, -1):
                return None
            return whole.columns(*cut.span)
        case Op("StridedSlice", (inner, *_)) as cut:
            whole = affine(inner)
            return None if whole is None else _columns(cut, whole)
    return None


def _sum(left: Node, right: Node) -> Affine | None:
    """``left`` has the products; ``right`` may be a bias or a number."""
    first = affine(left)
    if first is None:
        return None
    bias = slab_of(right)
    if bias is not None:
        if bias.shape != (first.width,):
            return None
        return replace(first, biases=(*first.biases, bias))
    number = scalar_of(source(right))
    if number is not None and source(right).rank == 0:
        return replace(first, offset=first.offset + number)
    second = affine(right)
    return None if second is None else first.plus(second)


def _product(x: Node, slab: Slab) -> Affine | None:
    if len(slab.shape) != 2:
        return None
    width = slab.shape[1]
    parts = _concatenated(x)
    if parts is None:
        return Affine(((x, slab),), (), 0.0, width)
    products = []
    start = 0
    for part in parts:
        size = part.shape[-1] if part.shape else None
        if not isinstance(size, int):
            return None
        products.append((source(part), slab.cut(0, start, start + size)))
        start += size
    return Affine(tuple(products), (), 0.0, width)


def _concatenated(x: Node) -> tuple[Node, ...] | None:
    match x:
        case Op("ConcatV2", (*parts, axis)) if ints_of(axis) in ((1,), (-1,)):
            return tuple(parts)
        case Op("Concat", (axis, *parts)) if ints_of(axis) in ((1,), (-1,)):
            return tuple(parts)
    return None


def _columns(node: Op, whole: Affine) -> Affine | None:
    """A StridedSlice of [batch, width] that takes all rows."""
    begin = array_of(node.inputs[1])
    if begin is None or begin.shape != (2,) or not _bit(node, "begin_mask", 0):
        return None
    if not _bit(node, "end_mask", 0):
        return None
    cuts = cuts_of(node, (1, whole.width))
    if cuts is None or any(c.shrunk for c in cuts):
        return None
    return whole.columns(*cuts[1].span)
