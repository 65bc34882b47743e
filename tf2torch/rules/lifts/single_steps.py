"""Single steps of an LSTM or GRU, inside a loop that does more or unrolled.

h, c = For(...; new_h, new_c = cell(x[t], h, c);  h = where(mask, new_h, h) ...)
    ->   new_h, new_c = nn.LSTMCell(x[t], (h, c))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tf2torch.ir.graph import (
    Graph,
    Instead,
    map_regions,
    results_of,
    rewrite,
    substitute,
    topological,
)
from tf2torch.ir.nodes import Arg, For, Input, Module, Node, Op, Param
from tf2torch.ir.types import TensorType
from tf2torch.rules.lifts.affine import affine, slab_of, source
from tf2torch.rules.lifts.cells import ADD, Cell, gru, inside, lstm, sides
from tf2torch.rules.lifts.recurrent_state import layer_name, state_of

CELLS = {"nn.LSTM": "nn.LSTMCell", "nn.GRU": "nn.GRUCell"}


def lift_steps(graph: Graph) -> Graph:
    """``graph`` and its regions with steps as modules."""

    def change(node: Node, _: Node) -> Instead | None:
        if isinstance(node, For):
            return _loop(node)
        if node.graphs():
            node = map_regions(node, lift_steps)
            return Instead(node, results_of(node))
        return None

    return _lifted(rewrite(graph, change))


def _loop(loop: For) -> Instead:
    """``loop`` with steps in its body, which then reads its weights itself."""
    variables = loop.body.inputs[1:]
    fixed: dict[Node, Node] = {
        v: loop.inputs[k]
        for k, v in enumerate(variables)
        if source(loop.body.results[k]) is v and slab_of(loop.inputs[k]) is not None
    }
    opened = substitute(loop.body, fixed)
    body = lift_steps(opened)
    if body is opened:
        return Instead(loop, results_of(loop))
    results = [
        v if v in fixed else r for v, r in zip(variables, body.results, strict=True)
    ]
    read = set(
        topological((*body.effects, *(r for r in results if not isinstance(r, Input))))
    )
    kept = [k for k, v in enumerate(variables) if v not in fixed or v in read]
    body = replace(
        body,
        inputs=(loop.body.inputs[0], *(variables[k] for k in kept)),
        outputs=tuple((body.outputs[k][0], results[k]) for k in kept),
    )
    made = replace(
        loop,
        inputs=tuple(loop.inputs[k] for k in kept),
        body=body,
        types=tuple(loop.types[k] for k in kept),
    )
    found = dict(zip(kept, results_of(made), strict=True))
    return Instead(made, tuple(found.get(k, n) for k, n in enumerate(loop.inputs)))


def _lifted(graph: Graph) -> Graph:
    """The graph itself when it holds no step."""
    instead: dict[Node, Node] = {}
    for node in graph.nodes():
        if not isinstance(node, Op) or not node.types or node.op == "Identity":
            continue
        if node.rank == 2:
            instead.update(_lstm(node) or _gru(node) or {})
    return substitute(graph, instead)


def _lstm(node: Op) -> dict[Node, Node] | None:
    """h' = σ(o)·tanh(c') and its c' → the results of a module."""
    for _, squashed in sides(node, "Mul"):
        new_c = inside(squashed, "Tanh")
        if new_c is None:
            continue
        for c in _carried(new_c):
            for h in _hidden(node):
                cell = lstm(h, c, node, new_c)
                made = None if cell is None else _module(node, cell, (h, c))
                if made is not None:
                    new_h, after = results_of(made)
                    return {node: new_h, new_c: after}
    return None


def _carried(new_c: Node) -> Iterator[Node]:
    """What c' = gate·c + ... may have been."""
    for kept, _ in sides(new_c, *ADD):
        for _, c in sides(kept, "Mul"):
            yield c


def _hidden(new_h: Node) -> Iterator[Node]:
    """The operands of the output gate, loop variables first."""
    for gate, _ in sides(new_h, "Mul"):
        sums = inside(gate, "Sigmoid")
        parts = None if sums is None else affine(sums)
        if parts is not None:
            found = [x for x, _ in parts.products]
            yield from sorted(found, key=lambda n: not isinstance(n, Input))


def _gru(node: Op) -> dict[Node, Node] | None:
    for kept, _ in sides(node, *ADD):
        for _, h in sides(kept, "Mul"):
            cell = gru(h, node)
            made = None if cell is None else _module(node, cell, (h,))
            if made is not None:
                return {node: made}
    return None


def _module(node: Op, cell: Cell, before: tuple[Node, ...]) -> Module | None:
    state = state_of(cell, node.dtype, "")
    size = (cell.x.shape or (None,))[-1]
    hidden = cell.inputs[0].width
    if state is None or not isinstance(size, int):
        return None
    if any(s.shape is None or s.shape[-1] != hidden for s in before):
        return None
    config: tuple[tuple[str, Arg], ...] = (
        ("input_size", size),
        ("hidden_size", hidden),
    )
    if not any(name.startswith("bias") for name, _ in state):
        config = (*config, ("bias", False))
    params = tuple(
        (name, p.variable, p.transforms) for name, p in state if isinstance(p, Param)
    )
    type = TensorType(node.dtype, node.shape)
    return Module(
        CELLS[cell.cls],
        (cell.x, before if len(before) > 1 else before[0]),
        config,
        state,
        key=(cell.cls, config, params),
        name=layer_name(state),
        types=(type,) * len(before),
        origin=node.origin,
    )
