"""Sizes that types could not tell apart from new ones, but that idioms make equal.

    where(mask: [b, 1, 1, n], scores: [a, 4, t, t], ...)    # [s1, 4, s2, s3]
    F.scaled_dot_product_attention(q: [a, 4, t, 16], ...)   # s1 is a, s2 is t

TensorFlow broadcasts mask and scores, so either may have the greater size; attention
in torch has the sizes of its query whatever the mask. What follows from that is found
by the shapes of simple functions, one node after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy

from tf2torch.ir.graph import Graph, map_regions
from tf2torch.ir.nodes import Arg, Call, Module, Node, Sizes, Slice
from tf2torch.ir.types import Dim, ListType, Shape, TensorType, dim, product

Names = dict[sympy.Symbol, Dim]
Rule = Callable[[Call], "Shape | None"]

# Of the shape of their first operand.
SAME = frozenset(
    {f"torch.{f}" for f in "tanh sigmoid exp log sqrt rsqrt square abs".split()}
    | {
        f"F.{f}"
        for f in "gelu silu relu relu6 elu layer_norm rms_norm normalize".split()
    }
    | {".softmax", ".log_softmax", ".to", ".detach", "neg", "~"}
    | {"F.batch_norm", "F.group_norm", "F.softplus", "F.leaky_relu"}
)
BINARY = frozenset("+ - * / & | == != < <= > >=".split())


def equate_sizes(graph: Graph) -> Graph:
    """One name for each size, as far as can be told."""
    own = {s for i in graph.inputs for t in i.types for s in _symbols(t)}
    names: Names = {}
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        moved = _renamed(node.map_operands(new.__getitem__), names)
        learned = _learned(moved, own)
        if learned:
            names.update(learned)
            moved = _renamed(moved, names)
        new[node] = moved
    return replace(
        graph,
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(new[n] for n in graph.effects),
    )


def _learned(node: Node, own: set[sympy.Symbol]) -> Names:
    """Symbols in the type of ``node`` that its operands know by another name."""
    if isinstance(node, Module) and node.cls == "nn.Dropout":
        first = node.args[0]
        found = first.shape if isinstance(first, Node) else None
    else:
        found = _shape(node) if isinstance(node, Call) else None
    if found is None or node.shape is None or len(found) != len(node.shape):
        return {}
    pairs = zip(node.shape, found, strict=True)
    return {
        old: size
        for old, size in pairs
        if isinstance(old, sympy.Symbol)
        and old not in own
        and old != size
        and (isinstance(size, int) or old not in size.free_symbols)
    }


def _shape(node: Call) -> Shape | None:
    first = node.args[0] if node.args else None
    if node.func in SAME:
        return first.shape if isinstance(first, Node) else None
    if node.func in BINARY:
        return _broadcast([a for a in node.args if isinstance(a, Node)])
    rule = SHAPES.get(node.func)
    return None if rule is None or not isinstance(first, Node) else rule(node)


def _broadcast(operands: list[Node]) -> Shape | None:
    """Where all sizes are equal, or one side has none or a static one."""
    shapes = [n.shape for n in operands]
    joint: Shape = ()
    for shape in shapes:
        if shape is None:
            return None
        rank = max(len(joint), len(shape))
        left, right = ((1,) * (rank - len(s)) + s for s in (joint, shape))
        if any(a != b and 1 not in (a, b) for a, b in zip(left, right, strict=True)):
            return None
        joint = tuple(b if a == 1 else a for a, b in zip(left, right, strict=True))
    return joint


def _operand(node: Call, index: int) -> Shape | None:
    arg = node.args[index] if len(node.args) > index else None
    return arg.shape if isinstance(arg, Node) else None


def _permute(node: Call) -> Shape | None:
    x, axes = _operand(node, 0), node.args[1]
    if x is None or not isinstance(axes, tuple) or len(axes) != len(x):
        return None
    return tuple(x[a] for a in axes if isinstance(a, int))


def _unflatten(node: Call) -> Shape | None:
    x, axis, sizes = _operand(node, 0), node.args[1], node.args[2]
    if x is None or not isinstance(axis, int) or not isinstance(sizes, tuple):
        return None
    at = axis % len(x)
    if not all(isinstance(s, int) and s > 0 for s in sizes):
        return None
    static = tuple(s for s in sizes if isinstance(s, int))
    return (*x[:at], *static, *x[at + 1 :])


def _flatten(node: Call) -> Shape | None:
    x, bounds = _operand(node, 0), node.args[1:]
    if x is None or not x or not all(isinstance(b, int) for b in bounds):
        return None
    start, stop = (*(b for b in bounds if isinstance(b, int)), 0, -1)[:2]
    if len(bounds) == 1:
        stop = -1
    first, last = start % len(x), stop % len(x) + 1
    return (*x[:first], product(x[first:last]), *x[last:])


def _matmul(node: Call) -> Shape | None:
    x, w = _operand(node, 0), _operand(node, 1)
    if x is None or w is None or len(w) != 2:
        return None
    return (*x[:-1], w[1])


def _attention(node: Call) -> Shape | None:
    q, v = _operand(node, 0), _operand(node, 2)
    return None if q is None or v is None else (*q[:-1], v[-1])


def _embedding(node: Call) -> Shape | None:
    ids, table = _operand(node, 0), _operand(node, 1)
    return None if ids is None or table is None else (*ids, *table[1:])


SHAPES: Mapping[str, Rule] = {
    ".flatten": _flatten,
    ".permute": _permute,
    ".unflatten": _unflatten,
    "@": _matmul,
    "F.embedding": _embedding,
    "F.scaled_dot_product_attention": _attention,
    "helper.masked_attention": _attention,
}


# --- renaming ------------------------------------------------------------------------


def _renamed(node: Node, names: Names) -> Node:
    if not names:
        return node
    types = tuple(_type(t, names) for t in node.types)
    if types != node.types:
        node = replace(node, types=types)
    match node:
        case Sizes():
            values = tuple(_size(v, names) for v in node.values)
            return node if values == node.values else replace(node, values=values)
        case Call():
            args = tuple(_arg(a, names) for a in node.args)
            kwargs = tuple((k, _arg(v, names)) for k, v in node.kwargs)
            if args != node.args or kwargs != node.kwargs:
                return replace(node, args=args, kwargs=kwargs)
    if node.graphs():
        return map_regions(node, lambda g: rename_sizes(g, names))
    return node


def rename_sizes(graph: Graph, names: Names) -> Graph:
    """``graph`` with other sizes in the place of some symbols, everywhere."""
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        new[node] = _renamed(node.map_operands(new.__getitem__), names)
    return replace(
        graph,
        inputs=tuple(new[i] for i in graph.inputs),  # type: ignore[misc] # Inputs
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(new[n] for n in graph.effects),
    )


def _type(type: TensorType, names: Names) -> TensorType:
    if type.shape is None or not any(s in names for s in _symbols(type)):
        return type
    return replace(type, shape=tuple(_size(s, names) for s in type.shape))


def _symbols(type: TensorType) -> set[sympy.Symbol]:
    sizes = type.shape or ()
    if isinstance(type, ListType):
        sizes = (*sizes, *(s for s in type.element or () if s is not None))
    return {s for size in sizes if not isinstance(size, int) for s in size.free_symbols}


def _size(size: Dim, names: Names) -> Dim:
    return size if isinstance(size, int) else dim(size.subs(names))


def _arg(arg: Arg, names: Names) -> Arg:
    match arg:
        case sympy.Expr():
            return _size(arg, names)
        case tuple():
            return tuple(_arg(a, names) for a in arg)
        case Slice():
            return Slice(*(_arg(a, names) for a in (arg.start, arg.stop, arg.step)))
    return arg
