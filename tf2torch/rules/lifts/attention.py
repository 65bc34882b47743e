"""Attention, from a softmax of scores between two products of matrices.

    where(mask, q @ k.mT * scale, -1e9).softmax(-1) @ v
        ->   F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)

A mask that is added stays as it is: rows in which everything is masked then attend to
everything, as in TensorFlow. A mask that selects becomes a boolean one where such rows
come out as zeros in TensorFlow too, or where there are none.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tf2torch.ir.build import call, const, permute
from tf2torch.ir.nodes import Arg, Call, Const, Module, Node, Param, Raw
from tf2torch.ir.types import FLOATS
from tf2torch.rules.lifts.algebra import close, unshaped
from tf2torch.rules.lifts.masks import any_in_each_row, broadcastable, is_causal
from tf2torch.rules.lifts.matching import both_ways, plain_number
from tf2torch.rules.lifts.products import Product, product_of

# A score that is this far below all others has no weight.
FAR_BELOW = -1e8
INFINITY = float("inf")


@dataclass(frozen=True)
class Scores:
    """q @ k.mT · scale, masked; ``mask`` is added (floats) or selects (bools).

    ``averaged``: a row of which nothing is selected has equal weights. ``dropout``:
    how many of the weights training drops.
    """

    q: Node
    k: Node
    scale: float = 1.0
    mask: Node | None = None
    averaged: bool = False
    dropout: float = 0.0


def attention(node: Node, shared: Collection[Node]) -> Node | None:
    """At the product with v. ``shared`` values are needed elsewhere, too."""
    whole = product_of(node)
    if whole is None:
        return None
    for turned in (whole, whole.turned()):
        found = _weights(turned.left, shared)
        if found is not None:
            v = turned.right
            return _applied(node, found, v, turned)
    return None


def _weights(node: Node, shared: Collection[Node]) -> Scores | None:
    """The scores whose softmax ``node`` is; nobody else may need it."""
    match node:
        case Module("nn.Dropout", (Node() as kept,)) if node not in shared:
            found = _weights(kept, shared)
            rate = dict(node.config)["p"]
            if found is None or found.averaged or not isinstance(rate, float):
                return None
            return replace(found, dropout=rate)
    selected: Node | None = None
    if node in shared:
        return None
    match node:
        case Call("torch.where", (Node() as mask, Call() as inner, zero)) if (
            plain_number(zero) == 0
        ):
            node, selected = inner, mask
    match node:
        case Call(".softmax", (Node() as logits, axis)) if node not in shared:
            if axis not in (-1, (node.rank or 0) - 1):
                return None
        case _:
            return None
    if logits.dtype not in FLOATS:
        return None
    return _selected(logits, selected)


def _selected(logits: Node, selected: Node | None) -> Scores | None:
    match logits:
        case Call("torch.where", (Node() as mask, Node() as inner, low)):
            value = plain_number(low)
        case _:
            return _scores(logits) if selected is None else None
    if value is None or value > FAR_BELOW:
        return _scores(logits)
    if selected is not None and mask is not selected:
        return None
    full = any_in_each_row(mask)
    found = _scores(inner)
    if found is None or (value == -INFINITY and not full):
        return None
    averaged = selected is None and not full
    if found.mask is None:
        return replace(found, mask=broadcastable(mask), averaged=averaged)
    return None if averaged else _both(found, found.mask, mask, logits)


def _both(found: Scores, added: Node, chosen: Node, logits: Node) -> Scores:
    """A mask that is added where another one selects."""
    low = const(-INFINITY, added.dtype)
    typed = logits.type.with_shape(None if added.rank is None else logits.shape)
    return replace(found, mask=call("torch.where", chosen, added, low, type=typed))


def _scores(node: Node) -> Scores | None:
    """Scale and added masks peeled off, down to the product."""
    if not isinstance(node, Call):
        return None
    added = _with_mask(node)
    if added is not None:
        return added
    inner, factor = unscaled(node)
    if inner is not node:
        found = _scores(inner)
        if found is None or (found.mask is not None and found.mask.dtype == "bool"):
            return None
        mask = found.mask
        if mask is not None:
            mask = call("*", mask, const(factor, mask.dtype), type=mask)
        return replace(found, scale=found.scale * factor, mask=mask)
    return _scaled_by_variable(node) or _plain(node)


def _with_mask(node: Call) -> Scores | None:
    """``scores + mask``, ``scores - mask``, or a number added where a mask says so."""
    match node:
        case Call("+", (_, _)):
            for inner, mask in both_ways(node):
                if isinstance(inner, Node) and isinstance(mask, Node):
                    made = _masked(inner, mask, node)
                    if made is not None:
                        return made
        case Call("-", (Node() as inner, Node() as mask)):
            return _masked(inner, _minus(mask), node)
        case Call("torch.where", (Node() as chosen, moved, Node() as inner)):
            low = _moved_by(moved, inner)
            if low is not None and inner.dtype == "float32":
                typed = chosen.type.with_dtype("float32")
                mask = call("torch.where", chosen, low, 0.0, type=typed)
                return _masked(inner, mask, node)
    return None


def _minus(mask: Node) -> Node:
    match mask:
        case Call("*", (number, Node() as rest)) if plain_number(number) is not None:
            value = -float(plain_number(number) or 0)
            return call("*", rest, value, type=mask)
    return call("neg", mask, type=mask)


def _moved_by(moved: Arg, inner: Node) -> float | None:
    """c of ``inner + c`` or ``inner - (-c)``."""
    match moved:
        case Call("+" | "-" as func, (x, number)) if x is inner:
            value = plain_number(number)
            return value if value is None or func == "+" else -value
    return None


def _masked(inner: Node, mask: Node, node: Call) -> Scores | None:
    found = _scores(inner)
    if found is None or (mask.rank or 0) > (inner.rank or 0):
        return None
    if mask.dtype != inner.dtype or mask.rank is None:
        return None
    if found.mask is not None and found.mask.dtype == "bool":
        return None
    if found.mask is not None:
        mask = call("+", found.mask, mask, type=node.type.with_shape(None))
        return replace(found, mask=mask)
    chosen = _chosen(mask)
    if chosen is not None and any_in_each_row(chosen):
        return replace(found, mask=broadcastable(chosen))
    return replace(found, mask=mask)


def _chosen(mask: Node) -> Node | None:
    """m of ``(1 - m.float()) * -1e9``"""
    if isinstance(mask, Const):
        open_ = mask.array == 0
        low = mask.array[~open_]
        closed = bool(((low <= FAR_BELOW) & np.isfinite(low)).all())
        return const(open_, "bool") if closed else None
    match mask:
        case Call("*", (_, _)):
            for rest, number in both_ways(mask):
                low = plain_number(number)
                if low is None or not -INFINITY < low <= FAR_BELOW:
                    continue
                match rest:
                    case Call("-", (one, Call(".to", (Node() as flags, _)))):
                        is_flag = plain_number(one) == 1 and flags.dtype == "bool"
                        return flags if is_flag else None
    return None


def _scaled_by_variable(node: Call) -> Scores | None:
    """A learned factor goes to the queries."""
    if node.func != "*" or len(node.args) != 2:
        return None
    for inner, factor in both_ways(node):
        if isinstance(inner, Node) and isinstance(factor, Param) and not factor.rank:
            found = _scores(inner)
            if found is not None and found.mask is None:
                return replace(found, q=call("*", found.q, factor, type=found.q))
    return None


def _plain(node: Node) -> Scores | None:
    product = product_of(node)
    if product is None:
        return None
    q, left = unscaled(product.left)
    k, right = unscaled(swapped(product.right))
    if product.axes is not None:
        return None
    return Scores(q, k, left * right)


def unscaled(node: Node) -> tuple[Node, float]:
    """``node`` without a factor, which may stand below changes of shape."""
    match node:
        case Call("*", (_, _)):
            for x, factor in both_ways(node):
                value = plain_number(factor)
                if value is not None and isinstance(x, Node):
                    inner, more = unscaled(x)
                    return inner, value * more
        case Call("/", (Node() as x, factor)):
            value = plain_number(factor)
            if value:
                inner, more = unscaled(x)
                return inner, more / value
        case Call(func, (Node() as x, *rest)) if func in MOVES or unshaped(node):
            inner, factor = unscaled(x)
            if inner is not x:
                return replace(node, args=(inner, *rest)), factor
    return node, 1.0


MOVES = frozenset({".permute", "@mT", ".transpose"})


def swapped(node: Node) -> Node:
    """The last two axes exchanged; exchanged twice they are as they were."""
    match node:
        case Call("@mT", (Node() as x,)):
            return x
    assert node.rank is not None
    axes = list(range(node.rank))
    axes[-2:] = [axes[-1], axes[-2]]
    return permute(node, axes)


def _applied(node: Node, found: Scores, v: Node, around: Product) -> Node | None:
    q, k = found.q, found.k
    if isinstance(k, (Param, Const)) or isinstance(v, (Param, Const)):
        return None
    if q.shape is None or v.shape is None or k.rank != q.rank or v.rank != q.rank:
        return None
    if found.mask is not None and (found.mask.rank or 0) > len(q.shape):
        return None
    args: tuple[Arg, ...] = (q, k, v)
    kwargs: dict[str, Any] = {}
    func = "F.scaled_dot_product_attention"
    if found.mask is not None and is_causal(found.mask):
        kwargs["is_causal"] = True
    elif found.mask is not None and found.averaged:
        func, args = "helper.masked_attention", (q, k, v, found.mask)
    elif found.mask is not None:
        kwargs["attn_mask"] = found.mask
    if found.dropout:
        kwargs["dropout_p"] = Raw(f"{found.dropout} if self.training else 0.0")
    width = q.shape[-1]
    if not isinstance(width, int) or not close(found.scale, 1 / math.sqrt(width)):
        kwargs["scale"] = float(f"{found.scale:.7g}")
    shape = (*q.shape[:-1], v.shape[-1])
    made = call(func, *args, type=node.type.with_shape(shape), **kwargs)
    return made if around.axes is None else permute(made, around.axes)
