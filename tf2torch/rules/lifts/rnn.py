"""Loops over time that step an LSTM, GRU or simple RNN become the torch module.

    h, c, ys = For(0, T, h0, c0, [], xs;  h, c = cell(xs[t], h, c);  ys.append(h))
        ->   y, (h, c) = nn.LSTM(xs, (h0, c0))

Only where torch computes the same function: a cell that masks steps, clips, drops
out, projects or resets before the product stays a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from tf2torch.ir.build import call, ints_of, scalar_of, sizes_of
from tf2torch.ir.graph import (
    Graph,
    Instead,
    map_regions,
    results_of,
    rewrite,
    substitute,
)
from tf2torch.ir.nodes import (
    Arg,
    Const,
    For,
    Input,
    Module,
    Node,
    Op,
    Param,
)
from tf2torch.ir.types import Dim, ListType, TensorType
from tf2torch.rules.lifts.affine import source
from tf2torch.rules.lifts.cells import Cell, gru, lstm, simple_rnn
from tf2torch.rules.lifts.layers import batch_major, time_major
from tf2torch.rules.lifts.recurrent_state import State, state_of


def lift_rnn(graph: Graph) -> Graph:
    """``graph`` and its regions with recurrent loops as modules."""

    def change(node: Node, _: Node) -> Instead | None:
        if not node.graphs():
            return None
        node = map_regions(node, lift_rnn)
        lifted = _lifted(node) if isinstance(node, For) else None
        return lifted or Instead(node, results_of(node))

    return rewrite(graph, change)


@dataclass(frozen=True, eq=False)
class Step:
    """A loop body read as a cell: which variable is which.

    ``items`` is the list, outside of the loop, whose elements are x.
    """

    cell: Cell
    states: tuple[int, ...]
    outputs: tuple[int, ...]
    items: Node


def _lifted(loop: For) -> Instead | None:
    step = _step(loop)
    if step is None or ints_of(loop.start) != (0,):
        return None
    turns = sizes_of(loop.stop)
    if not isinstance(step.items.type, ListType) or turns is None:
        return None
    match step.items:
        case Op("TensorListFromTensor", (xs, _)) if step.items.type.length == turns[0]:
            made = _module(loop, step, source(xs))
            return None if made is None else _results(loop, step, *made)
    return None


def _step(loop: For) -> Step | None:
    if loop.body.effects:
        return None
    variables: Sequence[Input] = loop.body.inputs[1:]
    fixed: dict[Node, Node] = {
        v: loop.inputs[k]
        for k, v in enumerate(variables)
        if source(loop.body.results[k]) is v
    }
    # What no turn changes is read where it comes from: weights, cut up outside.
    body = substitute(loop.body, fixed)
    results = [source(r) for r in body.results]
    moving = [k for k, v in enumerate(variables) if v not in fixed]
    lists = [k for k in moving if isinstance(loop.types[k], ListType)]
    states = [k for k in moving if k not in lists]
    for order in permutations(states):
        cell = _cell([variables[k] for k in order], [results[k] for k in order])
        if cell is None:
            continue
        items = _list_read(cell.x, loop.body.inputs[0])
        if items is None:
            return None
        for k in lists:
            if not _appends(
                loop.inputs[k], variables[k], results[k], results[order[0]]
            ):
                return None
        return Step(cell, order, tuple(lists), items)
    return None


def _cell(before: Sequence[Node], after: Sequence[Node]) -> Cell | None:
    match len(before):
        case 1:
            (h,), (new_h,) = before, after
            return gru(h, new_h) or simple_rnn(h, new_h)
        case 2:
            (h, c), (new_h, new_c) = before, after
            return lstm(h, c, new_h, new_c)
    return None


def _list_read(x: Node, index: Node) -> Node | None:
    """The list whose element number ``index`` is ``x``."""
    match x:
        case Op("TensorListGetItem", (items, place, _)) if source(place) is index:
            return source(items)
    return None


def _appends(first: Node, variable: Node, result: Node, value: Node) -> bool:
    """Does a variable start as an empty list and get ``value`` appended?"""
    first = source(first)
    if not isinstance(first, Op) or first.op != "EmptyTensorList":
        return False
    match result:
        case Op("TensorListPushBack", (items, item)):
            return source(items) is variable and source(item) is value
    return False


# --- the module ------------------------------------------------------------------


def _module(loop: For, step: Step, xs: Node) -> tuple[Module, bool] | None:
    """The module over all of ``xs``, and whether its batch axis comes first."""
    cell = step.cell
    state = state_of(cell, xs.dtype)
    if state is None or xs.shape is None or len(xs.shape) != 3:
        return None
    steps, batch, size = xs.shape
    if not isinstance(size, int):
        return None
    rows = batch_major(xs)
    first = rows is not None
    hidden = cell.inputs[0].width
    config: list[tuple[str, Arg]] = [("input_size", size), ("hidden_size", hidden)]
    if cell.nonlinearity != "tanh":
        config.append(("nonlinearity", cell.nonlinearity))
    if not any(name.startswith("bias") for name, _ in state):
        config.append(("bias", False))
    if first:
        config.append(("batch_first", True))
    start = _start(loop, step)
    args: tuple[Arg, ...] = (rows if rows is not None else xs,)
    if start is not None:
        args = (*args, start if len(start) > 1 else start[0])
    lengths: tuple[Dim, ...] = (batch, steps) if first else (steps, batch)
    y = TensorType(xs.dtype, (*lengths, hidden))
    last = TensorType(xs.dtype, (1, batch, hidden))
    types = (y, last, last) if cell.cls == "nn.LSTM" else (y, last)
    params = tuple(
        (n, p.variable, p.transforms) for n, p in state if isinstance(p, Param)
    )
    made = Module(
        cell.cls,
        args,
        tuple(config),
        state,
        key=(cell.cls, tuple(config), params),
        name=_name(state),
        types=types,
        unpack=(0, (1, 2)) if cell.cls == "nn.LSTM" else None,
        origin=loop.origin,
    )
    return made, first


def _name(state: State) -> str:
    """The scope of the weights, less the cell's own."""
    name = next(p.variable.name for _, p in state if isinstance(p, Param))
    parts = name.split("/")[:-1]
    if len(parts) > 1 and parts[-1].rstrip("_0123456789").endswith("cell"):
        parts.pop()
    return "/".join(parts)


def _start(loop: For, step: Step) -> tuple[Node, ...] | None:
    """The first states as torch wants them, [1, batch, hidden]; None for zeros."""
    states = [loop.inputs[k] for k in step.states]
    if all(map(_is_zero, states)):
        return None
    return tuple(
        call(".unsqueeze", s, 0, type=s.type.with_shape((1, *(s.shape or ()))))
        for s in states
    )


def _is_zero(node: Node) -> bool:
    match source(node):
        case Const(array=array):
            return bool(np.all(array == 0))
        case Op("Fill", (_, value)):
            return scalar_of(value) == 0
        case Op("ZerosLike"):
            return True
    return False


def _results(loop: For, step: Step, made: Module, batch_first: bool) -> Instead:
    parts = results_of(made)
    values: list[Node] = list(loop.inputs)  # what no turn changes
    for k, part in zip(step.states, parts[1:], strict=True):
        values[k] = replace(
            call("[]", part, -1, type=loop.types[k]), origin=loop.origin
        )
    for k in step.outputs:
        rows = time_major(parts[0]) if batch_first else parts[0]
        shape = Const(np.array(-1, np.int32), types=(TensorType("int32", ()),))
        attrs = {"element_dtype": rows.dtype, "shape_type": "int32"}
        values[k] = Op(
            "TensorListFromTensor",
            (rows, shape),
            attrs,
            types=(loop.types[k],),
            origin=loop.origin,
        )
    return Instead(made, tuple(values))
