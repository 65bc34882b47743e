"""An order in which every size is there before it is needed.

A size that is needed is an argument and no operand, so the graph alone does not say
that the value it is read off must come first. Here every node that needs a symbol
which neither an operand nor an input of the graph has waits for a value that has it.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Arg, Call, Node, Sizes, Slice
from tf2torch.ir.types import Dim


def order_by_sizes(graph: Graph) -> list[Node]:
    """``graph.nodes()``, rearranged where a size must come first."""
    nodes = graph.nodes()
    inputs = {s for n in graph.inputs for s in symbols(n.shape or ())}
    waits: dict[Node, list[Node]] = {}
    homes: dict[sympy.Symbol, list[Node]] = {}
    for node in nodes:
        if len(node.types) == 1 and not isinstance(node, Sizes):
            for size in node.shape or ():
                if isinstance(size, sympy.Symbol):
                    homes.setdefault(size, []).append(node)
    for node in nodes:
        near = {s for o in node.operands for s in o.shape or ()}
        for name in sorted(needed(node) - near - inputs, key=str):
            home = _home(node, homes.get(name, []), waits)
            if home is not None:
                waits.setdefault(node, []).append(home)
    return _sorted(graph, waits) if waits else nodes


def _home(
    node: Node, candidates: list[Node], waits: dict[Node, list[Node]]
) -> Node | None:
    """The first candidate that does not itself come after ``node``."""
    for candidate in candidates:
        if candidate is not node and not _depends(candidate, node, waits):
            return candidate
    return None


def _depends(node: Node, on: Node, waits: dict[Node, list[Node]]) -> bool:
    seen: set[Node] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if current is on:
            return True
        if current not in seen:
            seen.add(current)
            stack.extend(current.operands)
            stack.extend(waits.get(current, ()))
    return False


def _sorted(graph: Graph, waits: dict[Node, list[Node]]) -> list[Node]:
    done: dict[Node, None] = {}
    roots = (*graph.inputs, *graph.effects, *graph.results)
    stack = [(n, False) for n in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        below = (*node.operands, *waits.get(node, ()))
        stack.extend((n, False) for n in reversed(below) if n not in done)
    return list(done)


def needed(node: Node) -> set[sympy.Symbol]:
    """Symbols that ``node`` must read off some value."""
    found = {
        s for o in node.operands if isinstance(o, Sizes) for s in symbols(o.values)
    }
    if isinstance(node, Call):
        for arg in (*node.args, *(v for _, v in node.kwargs)):
            found.update(_in_arg(arg))
    for graph in node.graphs():
        inside = {s for n in graph.nodes() for s in needed(n)}
        found |= inside - {s for i in graph.inputs for s in symbols(i.shape or ())}
    return found


def symbols(sizes: tuple[Dim, ...]) -> Iterator[sympy.Symbol]:
    for size in sizes:
        if isinstance(size, sympy.Expr):
            yield from size.free_symbols


def _in_arg(arg: Arg) -> Iterator[sympy.Symbol]:
    if isinstance(arg, sympy.Expr):
        yield from arg.free_symbols
    elif isinstance(arg, tuple):
        for item in arg:
            yield from _in_arg(item)
    elif isinstance(arg, Slice):
        yield from _in_arg((arg.start, arg.stop, arg.step))
