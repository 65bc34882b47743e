"""Shapes that an operand spells out in sizes, which may be symbols.

Reshape(x: [batch, t, 64], [batch, t, 4, 16])   is   [batch, t, 4, 16]
Reshape(x: [batch, t, 64], [-1, 64])            is   [batch*t, 64]
Range(0, t, 1)                                  is   [t]
"""

from __future__ import annotations

import sympy

from tf2torch.ir.build import scalar_of, size_table, sizes_of
from tf2torch.ir.nodes import Op, Sizes
from tf2torch.ir.types import Dim, Shape, dim, product

# Op → the operand that is the shape of the result.
PLACES = {
    "BroadcastTo": 1,
    "Empty": 0,
    "Fill": 0,
    "RandomStandardNormal": 0,
    "RandomUniform": 0,
    "Reshape": 1,
    "TruncatedNormal": 0,
}


PADS = frozenset({"Pad", "PadV2", "MirrorPad"})


def spelled_shape(node: Op) -> Shape | None:
    """The shape of the result; None where no operand tells, or all of it is static."""
    if node.op == "Range":
        count = _range_length(node)
        return None if count is None else (count,)
    if node.op in PADS:
        return _padded(node)
    if node.op == "StridedSlice":
        return _sliced(node)
    if node.op not in PLACES:
        return None
    sizes = sizes_of(node.inputs[PLACES[node.op]])
    if sizes is None or any(isinstance(s, int) and s < -1 for s in sizes):
        return None
    if -1 not in sizes:
        return None if all(isinstance(s, int) for s in sizes) else tuple(sizes)
    rest = _rest(node.inputs[0].shape, sizes) if node.op == "Reshape" else None
    return None if rest is None else tuple(rest if s == -1 else s for s in sizes)


def _rest(shape: Shape | None, sizes: Shape) -> Dim | None:
    """What -1 stands for, if the division comes out even whatever the symbols are."""
    if shape is None or sizes.count(-1) != 1:
        return None
    others = product(tuple(s for s in sizes if s != -1))
    if others == 0:
        return None
    rest = sympy.cancel(sympy.sympify(product(shape)) / others)
    terms = sympy.fraction(rest)
    return dim(terms[0]) if terms[1] == 1 else None


def _range_length(node: Op) -> Dim | None:
    """n for ``range(0, n)`` where n is a size, also when it was cast to float."""
    start, limit, delta = node.inputs
    while isinstance(limit, Op) and limit.op == "Cast":
        limit = limit.inputs[0]
    if scalar_of(start) != 0 or scalar_of(delta) != 1 or not isinstance(limit, Sizes):
        return None
    return limit.values[0]


def _padded(node: Op) -> Shape | None:
    shape, table = node.inputs[0].shape, size_table(node.inputs[1])
    if shape is None or table is None or len(table) != len(shape):
        return None
    if not any(isinstance(pad, sympy.Expr) for pad in table.reshape(-1)):
        return None
    sides = zip(shape, table, strict=True)
    return tuple(dim(size + before + after) for size, (before, after) in sides)


def _sliced(node: Op) -> Shape | None:
    """Of plain slices from a constant on, to a constant or to the end of the axis,
    where only the sizes tell that this is what they are."""
    x, *bounds = node.inputs
    begin, end, steps = map(sizes_of, bounds)
    if x.shape is None or begin is None or end is None or steps is None:
        return None
    if any(node.attrs[f"{mask}_mask"] for mask in OTHER_MASKS):
        return None
    if not any(isinstance(stop, sympy.Expr) for stop in end):
        return None
    made: list[Dim] = []
    for i, (size, start, stop, step) in enumerate(
        zip(x.shape, begin, end, steps, strict=False)
    ):
        first = 0 if _bit(node, "begin", i) else start
        last = size if _bit(node, "end", i) else stop
        length = _slice_length(size, first, last)
        if length is None or step != 1:
            return None
        made.append(length)
    return (*made, *x.shape[len(made) :])


OTHER_MASKS = ("ellipsis", "new_axis", "shrink_axis")


def _bit(node: Op, mask: str, i: int) -> bool:
    return bool(int(node.attrs[f"{mask}_mask"]) >> i & 1)  # type: ignore[arg-type] # an int


def _slice_length(size: Dim, start: Dim, stop: Dim) -> Dim | None:
    """How many elements ``start:stop`` takes; None where that is not certain."""
    if not isinstance(start, int) or start < 0:
        return None
    if start == 0 and stop == size:
        return size
    if isinstance(size, int) and isinstance(stop, int):
        return len(range(size)[start:stop])
    return None
