"""Equal pure computations become one.

    torch.arange(n) ... torch.arange(n)   ->   one value, read twice

Constants are equal by content. Effects, random numbers, modules and regions keep
their identity: to call a module twice is something else than to read its result twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import sympy

from tf2torch.ir.graph import Graph, map_regions
from tf2torch.ir.nodes import Arg, Call, Const, DType, Node, Out, Param, Raw, Slice
from tf2torch.ir.types import Dim, TensorType, dim
from tf2torch.transpiler.passes.equate_sizes import Names, rename_sizes

SMALL = 64


def merge_equal(graph: Graph) -> Graph:
    """Until nothing is equal any more: what is equal has equal sizes, and sizes that
    are known to be equal make more of it equal."""
    names: Names = {}
    graph = _merged(graph, names)
    while names:
        graph, names = rename_sizes(graph, names), {}
        graph = _merged(graph, names)
    return graph


def _merged(graph: Graph, names: Names) -> Graph:
    """Bottom-up; the first of equal nodes stays. ``names`` learns which symbol of the
    others is which size of the first."""
    own = {s for i in graph.inputs for t in i.types for s in _symbols(t)}
    first: dict[object, Node] = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        moved = node.map_operands(new.__getitem__)
        if moved.graphs():
            moved = map_regions(moved, merge_equal)
        key = _key(moved)
        kept = moved if key is None else first.setdefault(key, moved)
        for gone, size in _equal_sizes(moved, kept):
            if gone not in own:
                _note(names, gone, size)
        new[node] = kept
    return replace(
        graph,
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(new[n] for n in graph.effects),
    )


def _note(names: Names, gone: sympy.Symbol, size: Dim) -> None:
    """``gone`` is ``size``, also where other symbols are known to be ``gone``."""
    size = size if isinstance(size, int) else dim(size.subs(names))
    if gone in names or gone in _free(size):
        return
    for name, value in names.items():
        if gone in _free(value) and not isinstance(value, int):
            names[name] = dim(value.subs({gone: size}))
    names[gone] = size


def _equal_sizes(gone: Node, kept: Node) -> Iterator[tuple[sympy.Symbol, Dim]]:
    """Symbols in the types of ``gone``, with the sizes that stand there in ``kept``."""
    for left, right in zip(gone.types, kept.types, strict=True):
        pairs = zip(left.shape or (), right.shape or (), strict=False)
        yield from ((a, b) for a, b in pairs if isinstance(a, sympy.Symbol) and a != b)


def _free(size: Dim) -> set[sympy.Basic]:
    return set() if isinstance(size, int) else {*size.free_symbols}


def _symbols(type: TensorType) -> set[sympy.Basic]:
    return {s for size in type.shape or () for s in _free(size)}


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
