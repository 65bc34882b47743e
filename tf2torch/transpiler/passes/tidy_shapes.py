"""Shape changes in the words that a person would use.

x.mean((1, 2)).reshape(n, 1, 1, c)   ->   x.mean((1, 2), keepdim=True)
x.reshape(n, 1, t, d)                ->   x.unsqueeze(1)
x.reshape(n, t)  # of [n, 1, t]      ->   x.squeeze(1)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Call, Node
from tf2torch.ir.types import Shape
from tf2torch.rules.reshaping import spell_reshape

SHAPERS = frozenset({".reshape", ".view", ".unflatten", ".flatten", ".unsqueeze"})
REDUCERS = frozenset({".mean", ".sum", ".amax", ".amin", ".all", ".any", ".prod"})


def tidy_shapes(graph: Graph) -> Graph:
    """Reshapes that only add or drop axes of size one, named."""
    return transform(graph, _tidied)


def _tidied(node: Node) -> Node | None:
    if not isinstance(node, Call) or node.func not in SHAPERS or node.shape is None:
        return None
    x = node.args[0]
    if not isinstance(x, Node) or x.shape is None or x.dtype != node.dtype:
        return None
    kept = _keepdim(node, x)
    if kept is not None or node.func not in (".reshape", ".view", ".unflatten"):
        return kept
    added = _inserted(x.shape, node.shape)
    if added is not None:
        return _with(node, x, ".unsqueeze", added)
    dropped = _inserted(node.shape, x.shape)
    if dropped is not None:
        return _with(node, x, ".squeeze", dropped)
    short = spell_reshape(x, node.shape, node.type)
    if isinstance(short, Call) and short.func in (".flatten", ".unflatten"):
        return replace(short, origin=node.origin)
    return None


def _with(node: Call, x: Node, func: str, axis: int) -> Call:
    return replace(call(func, x, axis, type=node.type), origin=node.origin)


def _keepdim(node: Call, x: Node) -> Call | None:
    """A reduction whose axes come back with size one."""
    if not isinstance(x, Call) or x.func not in REDUCERS or x.kwarg("keepdim"):
        return None
    source = x.args[0]
    dims = x.args[1] if len(x.args) == 2 else None
    if not isinstance(source, Node) or source.shape is None or dims is None:
        return None
    listed = dims if isinstance(dims, tuple) else (dims,)
    if not all(type(d) is int for d in listed):
        return None
    gone = {int(d) % len(source.shape) for d in listed}
    shape = tuple(1 if i in gone else s for i, s in enumerate(source.shape))
    if shape != node.shape:
        return None
    kwargs = (*((k, v) for k, v in x.kwargs if k != "keepdim"), ("keepdim", True))
    return replace(x, kwargs=kwargs, types=node.types, origin=node.origin)


def _inserted(short: Shape, long: Shape) -> int | None:
    """Where a size one must go into ``short`` to give ``long``; None if nowhere."""
    if len(long) != len(short) + 1:
        return None
    for axis, size in enumerate(long):
        if size == 1 and (*long[:axis], *long[axis + 1 :]) == short:
            return axis
    return None
