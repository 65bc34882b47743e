"""The elements of a small integer tensor, one by one.

TensorFlow passes sizes, bounds and repeats as tensors. Where such a tensor was put
together from scalars (``Pack``), torch takes the scalars themselves:
``x.reshape(n, 3)`` instead of ``x.reshape(torch.stack((n, three)).tolist())``.
"""

from __future__ import annotations

from typing import TypeAlias

from tf2torch.ir.build import call, ints_of, scalar_of, sizes_of
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.ir.types import Dim

Element: TypeAlias = "Dim | Node"


def elements_of(node: Node) -> tuple[Element, ...] | None:
    """Ints, symbols and rank-0 nodes that ``node`` (rank 0 or 1) consists of."""
    known = sizes_of(node)
    if known is not None:
        return known
    if node.rank == 0:
        return (node,)
    match node:
        case Call("torch.stack", (tuple() as parts,)):
            return _joined(parts)
        case Call("torch.cat", (tuple() as parts,)):
            return _joined(parts)
        case Call(".unsqueeze", (Node() as scalar, 0)) if scalar.rank == 0:
            return (scalar,)
        case Call(".reshape", (Node() as scalar, (1 | -1,))) if scalar.rank == 0:
            return (scalar,)
        case Call(".to", (Node() as inner, _)) if node.dtype in ("int32", "int64"):
            return elements_of(inner) if inner.dtype in ("int32", "int64") else None
    return None


def _joined(parts: tuple[Arg, ...]) -> tuple[Element, ...] | None:
    found: list[Element] = []
    for part in parts:
        inner = elements_of(part) if isinstance(part, Node) else None
        if inner is None:
            return None
        found.extend(inner)
    return tuple(found)


def sizes_arg(node: Node) -> Arg:
    """``node`` as a torch size argument: its elements, else the list of them."""
    found = elements_of(node)
    return call(".tolist", node) if found is None else found


def number_arg(node: Node) -> Arg:
    """``node`` as a number when it is a constant scalar, or a size."""
    if node.rank != 0:
        return node
    number = scalar_of(node)
    if number is not None:
        return number
    sizes = sizes_of(node)
    return sizes[0] if sizes else node


def axis_arg(node: Node) -> Arg:
    """An axis as an int, also where only the run knows which."""
    found = ints_of(node)
    return call("int", node) if found is None else found[0]


def run_time_ints(node: Node, count: int) -> tuple[Element, ...]:
    """The elements of a vector that only the run knows, as Python ints."""
    found = elements_of(node)
    if found is not None:
        return found
    scalar = node.type.with_shape(())
    parts = (call("[]", node, i, type=scalar) for i in range(count))
    return tuple(call("int", part) for part in parts)
