"""Vectors scaled to length one.

x * rsqrt(max(sum(x**2), eps))   ->   F.normalize(x, dim=-1, eps=sqrt(eps))
"""

from __future__ import annotations

import math

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Call, Node
from tf2torch.rules.lifts.matching import both_ways, plain_number, reduced, squared


def normalize(node: Node) -> Node | None:
    """``x / max(|x|, eps)``, as l2_normalize of Keras 2 and 3 and tf.nn spell it."""
    if not isinstance(node, Call) or node.func not in ("*", "/"):
        return None
    pairs = both_ways(node) if node.func == "*" else [node.args]
    for x, factor in pairs:
        if not isinstance(x, Node) or not isinstance(factor, Call):
            continue
        bounded = _norm(factor) if node.func == "/" else _inverse_norm(factor)
        if bounded is None or bounded[0] is not x or node.shape != x.shape:
            continue
        _, axes, eps = bounded
        dim = axes if len(axes) > 1 else _from_end(axes[0], x)
        return call("F.normalize", x, dim=dim, eps=eps, type=node)
    return None


def _from_end(axis: int, x: Node) -> int:
    return -1 if x.rank == axis + 1 else axis


Bounded = tuple[Node, tuple[int, ...], float]


def _inverse_norm(node: Call) -> Bounded | None:
    match node:
        case Call("torch.rsqrt", (Call(".clamp", (Node() as inner,)) as clamp,)):
            return _bounded(inner, clamp, "min", 0.5)
        case Call(".clamp", (Call("torch.rsqrt", (Node() as inner,)),)):
            return _bounded(inner, node, "max", -1.0)
    return None


def _norm(node: Call) -> Bounded | None:
    match node:
        case Call("torch.sqrt", (Call(".clamp", (Node() as inner,)) as clamp,)):
            return _bounded(inner, clamp, "min", 0.5)
        case Call(".clamp", (Call("torch.sqrt", (Node() as inner,)),)):
            return _bounded(inner, node, "min", 1.0)
    return None


def _bounded(total: Node, clamp: Call, side: str, power: float) -> Bounded | None:
    """x, its axes and the smallest length that it is divided by."""
    bounds = dict(clamp.kwargs)
    limit = plain_number(bounds.get(side))
    found = reduced(total, ".sum")
    if set(bounds) != {side} or limit is None or limit <= 0 or found is None:
        return None
    x = squared(found[0])
    if x is None:
        return None
    return x, found[1], _short(math.pow(limit, power))


def _short(value: float) -> float:
    """0.001 for 0.0010000000000000000208"""
    return float(f"{value:.7g}")
