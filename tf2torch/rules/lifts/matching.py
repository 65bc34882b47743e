"""What lifts look for in a graph: reductions, numbers, parts of formulas."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tf2torch.ir.build import array_of, scalar_of
from tf2torch.ir.nodes import Arg, Call, Const, Node, Param
from tf2torch.rules.lifts.algebra import (
    ARITHMETIC,
    number,
    unshaped,
    without_ones,
)

MAX_SEARCH = 32
DATA_FREE_DEPTH = 12


def both_ways(node: Call) -> Iterator[tuple[Arg, Arg]]:
    """The operands of a commutative call, in both orders."""
    left, right = node.args[:2]
    yield left, right
    yield right, left


def reduced(node: Node, func: str) -> tuple[Node, tuple[int, ...]] | None:
    """x, axes of ``x.mean(axes, keepdim=True)``, however the ones got there."""
    kept = node.shape
    while (inner := unshaped(node)) is not None:
        node = inner
    if not isinstance(node, Call) or node.func != func or len(node.args) < 2:
        return None
    x, dims = node.args[:2]
    if not isinstance(x, Node) or x.shape is None:
        return None
    listed = dims if isinstance(dims, tuple) else (dims,)
    if not all(type(d) is int for d in listed):
        return None
    axes = tuple(sorted(int(d) % len(x.shape) for d in listed))
    wanted = tuple(1 if i in axes else s for i, s in enumerate(x.shape))
    return (x, axes) if kept == wanted else None


def mean_of(node: Node) -> tuple[Node, tuple[int, ...]] | None:
    """x, axes of a mean that keeps its axes; also ``sum(x) / sum(ones)``."""
    match node:
        case Call("helper.divide_no_nan", (Node() as above, Node() as below)):
            total, count = reduced(above, ".sum"), reduced(below, ".sum")
            if total is None or count is None or not is_ones(count[0]):
                return None
            same = total[1] == count[1] and total[0].shape == count[0].shape
            return total if same else None
    return reduced(node, ".mean")


def is_ones(node: Node) -> bool:
    """Every element is 1, whatever the input is."""
    match node:
        case Call("torch.ones_like" | "torch.ones"):
            return True
        case Call("+", (Node() as left, Node() as right)):
            return (is_ones(left) and is_zeros(right)) or (
                is_zeros(left) and is_ones(right)
            )
    inner = unshaped(node) or unexpanded(node)
    if inner is not None:
        return is_ones(inner)
    return _filled(node, 1)


def is_zeros(node: Node) -> bool:
    match node:
        case Call("torch.zeros_like" | "torch.zeros"):
            return True
    inner = unshaped(node) or unexpanded(node)
    if inner is not None:
        return is_zeros(inner)
    return _filled(node, 0)


def unexpanded(node: Node) -> Node | None:
    """x of ``x.expand(...)``"""
    match node:
        case Call(".expand", (Node() as x, *_)):
            return x
    return None


def _filled(node: Node, value: int) -> bool:
    array = array_of(node)
    if array is None or array.dtype.kind not in "fiub":
        return False
    return bool((array == value).all())


def parts(node: Node, funcs: Collection[str]) -> Iterator[Call]:
    """Calls of ``funcs`` that enter the arithmetic of ``node``, nearest first."""
    pending: list[Node] = [node]
    seen: set[Node] = set()
    while pending and len(seen) < MAX_SEARCH:
        current = pending.pop(0)
        if current in seen or not isinstance(current, Call):
            continue
        seen.add(current)
        if current.func in funcs:
            yield current
        elif current.func in ARITHMETIC or unshaped(current) is not None:
            pending.extend(current.operands)


def is_state(node: Node, depth: int = DATA_FREE_DEPTH) -> bool:
    """Does ``node`` consist of variables and constants only?"""
    if isinstance(node, (Param, Const)):
        return True
    if not isinstance(node, Call) or depth == 0:
        return False
    if node.func not in ARITHMETIC and unshaped(node) is None:
        return False
    return all(is_state(n, depth - 1) for n in node.operands)


def data_path(node: Node) -> Iterator[Node]:
    """Ever smaller x so that ``node`` is arithmetic of x and state."""
    current: Node | None = node
    while isinstance(current, Call) and current.func in ARITHMETIC:
        data = list(dict.fromkeys(n for n in current.operands if not is_state(n)))
        if len(data) != 1:
            return
        current = data[0]
        yield current


def squared(node: Node) -> Node | None:
    """x of ``x ** 2``, however it is written."""
    match node:
        case Call("torch.square", (Node() as x,)):
            return x
        case Call("*", (Node() as x, y)) if x is y:
            return x
        case Call("torch.pow" | "**", (Node() as x, exponent)) if number(exponent) == 2:
            return x
    return None


def undetached(node: Node) -> Node:
    match node:
        case Call(".detach", (Node() as x,)):
            return x
    return node


def plain_number(arg: Arg) -> float | None:
    """A number as a person wrote it, before it was rounded to float32."""
    if isinstance(arg, Node):
        value = scalar_of(arg)
        return None if value is None or isinstance(value, bool) else float(value)
    return number(arg)


def plus_number(node: Node) -> tuple[Node, float] | None:
    """v, eps of ``v + eps``."""
    if isinstance(node, Call) and node.func == "+":
        for v, eps in both_ways(node):
            value = plain_number(eps)
            if value is not None and isinstance(v, Node):
                return v, value
    return None


def same_up_to_ones(left: Node, right: Node) -> bool:
    if left.shape is None or right.shape is None:
        return False
    return without_ones(left.shape) == without_ones(right.shape)
