"""Loops over time that index where the time axis is, instead of moving it first.

xs = x.permute(1, 0, 2);  xs[t]      ->   x[:, t]
torch.stack(ys).permute(1, 0, 2)     ->   torch.stack(ys, dim=1)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, map_regions, substitute, transform, users
from tf2torch.ir.nodes import Call, For, Input, Node, Slice


def batch_first_loops(graph: Graph) -> Graph:
    return transform(graph, _changed, into_regions=False)


def _changed(node: Node) -> Node | None:
    match node:
        case Call(".permute", (Call("torch.stack", (items,), ()), axes)) if _swaps(
            axes
        ):
            kwargs = (("dim", 1),)
            return replace(node, func="torch.stack", args=(items,), kwargs=kwargs)
    if not node.graphs():
        return None
    node = map_regions(node, batch_first_loops)
    return _indexing(node) if isinstance(node, For) else node


def _swaps(axes: object) -> bool:
    """Does a permutation swap the first two axes and no others?"""
    return isinstance(axes, tuple) and axes == (1, 0, *range(2, len(axes)))


def _indexing(loop: For) -> For:
    """``loop`` reading along axis 1 what it only reads row by row."""
    readers = users(loop.body)
    inputs, variables = list(loop.inputs), list(loop.body.inputs)
    instead: dict[Node, Node] = {}
    for k, operand in enumerate(loop.inputs):
        variable = loop.body.inputs[1 + k]
        if loop.body.results[k] is not variable:
            continue
        match operand:
            case Call(".permute", (Node() as x, axes)) if _swaps(axes):
                reads = readers.get(variable, [])
                if not all(_takes_row(read, variable) for read in reads):
                    continue
                inputs[k] = x
                whole = Input(variable.name, types=x.types, origin=variable.origin)
                variables[1 + k] = whole
                instead[variable] = whole
                for read in reads:
                    assert isinstance(read, Call)
                    index = (Slice(), read.args[1])
                    instead[read] = replace(read, args=(whole, index))
    if not instead:
        return loop
    body = substitute(loop.body, instead)
    body = replace(body, inputs=tuple(variables))
    types = tuple(v.types[0] for v in variables[1:])
    kept = zip(loop.types, types, loop.inputs, inputs, strict=True)
    types = tuple(old if a is b else new for old, new, a, b in kept)
    return replace(loop, inputs=tuple(inputs), body=body, types=types)


def _takes_row(read: Node, variable: Node) -> bool:
    match read:
        case Call("[]", (x, Node() as index)):
            return x is variable and index.rank == 0
    return False
