"""``log(sum(exp(x)))``, kept from overflow by the maximum.

log(sum(exp(x - m))) + m, m = max(x)   ->   torch.logsumexp(x, dim)
exp(x - m) / sum(exp(x - m))           ->   x.softmax(dim)
"""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.rules.lifts.algebra import unshaped
from tf2torch.rules.lifts.matching import both_ways, plain_number, reduced, undetached


def logsumexp(node: Node) -> Node | None:
    if not isinstance(node, Call) or node.func != "+":
        return None
    for log, top in both_ways(node):
        match log:
            case Call("torch.log", (Node() as total,)) if isinstance(top, Node):
                found = _exponentials(total)
                if found is None or found[2] is not _core(top):
                    continue
                x, axes, _ = found
                args = (x, _dim(axes))
                if node.rank == x.rank:
                    return call("torch.logsumexp", *args, keepdim=True, type=node)
                return call("torch.logsumexp", *args, type=node)
    return None


def softmax(node: Node) -> Node | None:
    match node:
        case Call("/", (Call("torch.exp", (Node(),)) as exp, Node() as total)):
            found = _exponentials(total)
            if found is None or _summed(total) is not exp or len(found[1]) != 1:
                return None
            x, (axis,), _ = found
            last = -1 if axis == (x.rank or 0) - 1 else axis
            return call(".softmax", x, last, type=node)
    return None


def _summed(total: Node) -> Arg:
    match _core(total):
        case Call(".sum", (inner, *_)):
            return inner
    return None


def _core(node: Node) -> Node:
    """Below a reshape that drops the axes that were kept, and below ``detach``."""
    node = undetached(node)
    while (inner := unshaped(node)) is not None:
        node = undetached(inner)
    return node


def _exponentials(total: Node) -> tuple[Node, tuple[int, ...], Node] | None:
    """x, axes and m of ``exp(x - m).sum(axes)``."""
    match _core(total):
        case Call(
            ".sum",
            (Call("torch.exp", (Call("-", (Node() as x, Node() as top)),)), dims),
        ):
            found = _maximum(_core(top))
            if found is None or found[0] is not x or x.rank is None:
                return None
            axes = dims if isinstance(dims, tuple) else (dims,)
            if not all(type(a) is int for a in axes):
                return None
            sorted_axes = tuple(sorted(int(a) % x.rank for a in axes))
            return (x, sorted_axes, _core(top)) if sorted_axes == found[1] else None
    return None


def _maximum(node: Node) -> tuple[Node, tuple[int, ...]] | None:
    """x, axes of a maximum, or of the maximum where it is finite and 0 elsewhere."""
    match node:
        case Call("torch.where", (Call("torch.isfinite", (top,)), same, zero)) if (
            top is same and isinstance(top, Node) and plain_number(zero) == 0
        ):
            return reduced(top, ".amax")
    return reduced(node, ".amax")


def _dim(axes: tuple[int, ...]) -> Arg:
    return axes if len(axes) > 1 else axes[0]
