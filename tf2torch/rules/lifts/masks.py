"""Boolean masks: spelled as a person would, and what is known about them."""

from __future__ import annotations

import numpy as np

from tf2torch.ir.build import call, permute, reshape
from tf2torch.ir.nodes import Arg, Call, Const, DType, Node
from tf2torch.ir.types import INTS
from tf2torch.rules.lifts.algebra import unshaped, without_ones
from tf2torch.rules.lifts.matching import both_ways, is_ones, plain_number, unexpanded
from tf2torch.rules.reshaping import spell_reshape


def smaller_of_flags(node: Node) -> Node | None:
    """``min(a, flag.int()) > 0``   ->   ``(a > 0) & flag``"""
    match node:
        case Call(">", (Call() as inner, zero)) if plain_number(zero) == 0:
            pass
        case _:
            return None
    shaped, steps = _below_ones(inner)
    if not isinstance(shaped, Call) or shaped.func != "torch.minimum":
        return None
    for flag, other in both_ways(shaped):
        match flag:
            case Call(".to", (Node() as bools, DType())) if bools.dtype == "bool":
                if not isinstance(other, Node) or other.dtype not in INTS:
                    return None
                both = _both(other, bools, shaped, zero)
                if not steps or node.shape is None:
                    return both
                return spell_reshape(both, node.shape, node.type)
    return None


def _both(other: Node, bools: Node, like: Node, zero: Arg) -> Node:
    typed = like.type.with_dtype("bool")
    above = call(">", other, zero, type=other.type.with_dtype("bool"))
    return call("&", above, bools, type=typed)


def _below_ones(node: Node) -> tuple[Node, bool]:
    """``node`` below changes of shape that only add or drop ones."""
    changed = False
    while (inner := unshaped(node)) is not None:
        if inner.shape is None or node.shape is None:
            break
        if without_ones(inner.shape) != without_ones(node.shape):
            break
        node, changed = inner, True
    return node, changed


def triangle(node: Node) -> Node | None:
    """``i >= j`` over counted rows and columns, as ``torch.tril(torch.ones(n, n))``."""
    if not isinstance(node, Call) or node.func not in (">=", "<="):
        return None
    rows, columns = node.args if node.func == ">=" else node.args[::-1]
    if not isinstance(rows, Node) or not isinstance(columns, Node) or not node.shape:
        return None
    size = _counted(rows, columns)
    if size is None or len(without_ones(node.shape)) > 2:
        return None
    shape = (*[1] * (len(node.shape) - 2), *size)
    ones = call("torch.ones", shape, dtype=DType("bool"), type=node)
    return call("torch.tril", ones, type=node)


def _counted(rows: Node, columns: Node) -> tuple[Arg, Arg] | None:
    """n, m of row and column numbers that both count from the same start."""
    if rows.shape is None or columns.shape is None:
        return None
    down, across = _core(rows), _core(columns)
    match down, across:
        case Call("torch.arange", (_,)), Call("torch.arange", (_,)):
            upright = rows.shape[-1:] == (1,) and len(without_ones(rows.shape)) == 1
            flat = len(without_ones(columns.shape)) == 1 and columns.shape[-1] != 1
            if upright and flat and down.shape and across.shape:
                return down.shape[0], across.shape[0]
        case (
            Call("torch.cumsum", (Node() as ones, int() as first)),
            Call("torch.cumsum", (Node() as same, int() as second)),
        ):
            if ones.shape is None or ones.shape != same.shape or len(ones.shape) < 2:
                return None
            rank = len(ones.shape)
            places = (first % rank, second % rank) == (rank - 2, rank - 1)
            if places and is_ones(ones) and is_ones(same):
                return ones.shape[-2], ones.shape[-1]
    return None


def _core(node: Node) -> Node:
    """``node`` below changes of shape, copies along ones, and counts from 0.0."""
    while (inner := unshaped(node) or unexpanded(node)) is not None:
        node = inner
    return node


def is_causal(mask: Node) -> bool:
    """``i >= j`` for every row i and column j of a square: no position sees later."""
    mask = _core(mask)
    match mask:
        case Call("torch.tril", (Node() as ones,)) if is_ones(ones) and mask.shape:
            return len(mask.shape) >= 2 and mask.shape[-1] == mask.shape[-2]
    if isinstance(mask, Const) and mask.dtype == "bool" and mask.array.ndim >= 2:
        rows, columns = mask.array.shape[-2:]
        square = np.tril(np.ones((rows, columns), np.bool_))
        return rows == columns and bool((mask.array == square).all())
    return False


def any_in_each_row(mask: Node) -> bool:
    """Is something in each row sure to be selected?"""
    if isinstance(mask, Const):
        return bool(mask.array.any(-1).all())
    return is_causal(mask)


def broadcastable(mask: Node) -> Node:
    """``mask`` without copies along axes, for who broadcasts it anyway."""
    match mask:
        case Call("&", (Node() as left, Node() as right)):
            parts = [broadcastable(n) for n in (left, right)]
            for part, other in (parts, parts[::-1]):
                if is_ones(part) and (part.rank or 0) <= (other.rank or 0):
                    return other
            if parts == [left, right]:
                return mask
            return call("&", *parts, type=mask.type.with_shape(_joint(*parts)))
        case Call(".expand", (Node() as inner, *_)) if inner.rank == mask.rank:
            return broadcastable(inner)
        case Call(".unsqueeze", (Node() as inner, int() as axis)):
            made = broadcastable(inner)
            if made is inner or made.shape is None:
                return mask
            at = axis % (len(made.shape) + 1)
            return reshape(made, (*made.shape[:at], 1, *made.shape[at:]))
        case Call(".permute", (Node() as inner, tuple() as axes)):
            made = broadcastable(inner)
            return mask if made is inner else permute(made, axes)
    return mask


def _joint(left: Node, right: Node) -> tuple[object, ...] | None:
    """The shape of two masks together; unknown sizes are those of the left one."""
    if left.shape is None or right.shape is None:
        return None
    rank = max(len(left.shape), len(right.shape))
    padded = [(*[1] * (rank - len(s)), *s) for s in (left.shape, right.shape)]
    return tuple(b if a == 1 else a for a, b in zip(*padded, strict=True))
