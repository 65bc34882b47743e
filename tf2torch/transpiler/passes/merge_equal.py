"""Equal pure computations become one.

    torch.arange(n) ... torch.arange(n)   ->   one value, read twice

Constants are equal by content. Effects, random numbers, modules and regions keep
their identity: to call a module twice is something else than to read its result twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import sympy

from tf2torch.ir.graph import Graph, map_regions
from tf2torch.ir.nodes import Arg, Call, Const, DType, Node, Out, Param, Raw, Slice
from tf2torch.ir.types import TensorType

SMALL = 64


def merge_equal(graph: Graph) -> Graph:
    """Bottom-up; the first of equal nodes stays."""
    first: dict[object, Node] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        moved = node.map_operands(new.__getitem__)
        if moved.graphs():
            moved = map_regions(moved, merge_equal)
        key = _key(moved)
        new[node] = moved if key is None else first.setdefault(key, moved)
    return replace(
        graph,
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(new[n] for n in graph.effects),
    )


def _key(node: Node) -> object:
    match node:
        case Const():
            content: object = str(node.array.tolist())
            if node.array.dtype != object and node.array.size > SMALL:
                content = hashlib.sha256(node.array.tobytes()).hexdigest()
            return ("const", node.types, content)
        case Param():
            return ("param", id(node.variable), node.transforms)
        case Out():
            return ("out", id(node.node), node.index)
        case Call() if _is_pure(node):
            args = tuple(_arg(a) for a in node.args)
            kwargs = tuple((k, _arg(v)) for k, v in node.kwargs)
            # The symbols of equal sizes may differ.
            types = tuple((t.dtype, t.rank, _known(t)) for t in node.types)
            return ("call", node.func, args, kwargs, types)
    return None


def _known(type: TensorType) -> tuple[int | None, ...]:
    return tuple(s if isinstance(s, int) else None for s in type.shape or ())


def _is_pure(node: Call) -> bool:
    name = node.func
    in_place = name.endswith("_")
    random = "rand" in name or "multinomial" in name or "bernoulli" in name
    mutable = name in ("list", ".append", ".clone", ".copy", "helper.timestamp") or any(
        n.dtype in ("variant", "resource") for n in (node, *node.operands)
    )
    return not (in_place or random or mutable)


def _arg(arg: Arg) -> object:
    match arg:
        case Node():
            return ("node", id(arg))
        case tuple():
            return tuple(_arg(a) for a in arg)
        case Slice():
            return ("slice", _arg((arg.start, arg.stop, arg.step)))
        case DType() | Raw() | sympy.Expr():
            return arg
    return (type(arg).__name__, repr(arg))
