"""Loops over time that step an LSTM, GRU or simple RNN become the torch module.

    h, c, ys = For(0, T, h0, c0, [], xs;  h, c = cell(xs[t], h, c);  ys.append(h))
        ->   y, (h, c) = nn.LSTM(xs, (h0, c0))

Only where torch computes the same function: a cell that masks steps, clips, drops
out, projects or resets before the product stays a loop. Cells stacked in one loop
become one module each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tf2torch.ir.build import call, const, in_its_dtype, ints_of, scalar_of, sizes_of
from tf2torch.ir.graph import Graph, Instead, map_regions, results_of, rewrite
from tf2torch.ir.nodes import Arg, Const, For, Module, Node, Op, Param
from tf2torch.ir.types import Dim, ListType, TensorType
from tf2torch.rules.lifts.affine import source
from tf2torch.rules.lifts.cells import Cell
from tf2torch.rules.lifts.layers import batch_major, time_major
from tf2torch.rules.lifts.recurrent_state import State, layer_name, state_of
from tf2torch.rules.lifts.steps import Layer, Step, read_step


def lift_rnn(graph: Graph) -> Graph:
    """``graph`` and its regions with recurrent loops as modules."""

    def change(node: Node, _: Node) -> Instead | None:
        if not node.graphs():
            return None
        node = map_regions(node, lift_rnn)
        lifted = _lifted(node) if isinstance(node, For) else None
        return lifted or Instead(node, results_of(node))

    return rewrite(graph, change)


def _lifted(loop: For) -> Instead | None:
    step = read_step(loop)
    turns = sizes_of(loop.stop)
    if step is None or turns is None or ints_of(loop.start) != (0,):
        return None
    type = step.items.type
    if not isinstance(type, ListType) or type.length != turns[0]:
        return None
    match step.items:
        case Op("TensorListFromTensor", (xs, _)):
            modules = _modules(loop, step, source(xs))
            return None if modules is None else _results(loop, step, modules)
    return None


@dataclass(frozen=True, eq=False)
class Rows:
    """A sequence [batch, time, size], or [time, batch, size]."""

    x: Node
    batch_first: bool


def _modules(loop: For, step: Step, xs: Node) -> list[tuple[Module, bool]] | None:
    """One module per layer, and whether its batch axis comes first."""
    if xs.shape is None or len(xs.shape) != 3:
        return None
    by_batch = batch_major(xs)
    rows = Rows(xs, False) if by_batch is None else Rows(by_batch, True)
    steps, batch, _ = xs.shape
    made = []
    for layer in step.layers:
        module = _module(loop, layer, rows, (steps, batch))
        if module is None:
            return None
        made.append((module, rows.batch_first))
        rows = replace(rows, x=results_of(module)[0])
    return made


def _module(
    loop: For, layer: Layer, rows: Rows, lengths: tuple[Dim, Dim]
) -> Module | None:
    cell, dtype = layer.cell, rows.x.dtype
    state = state_of(cell, dtype)
    size = (rows.x.shape or (None,))[-1]
    if state is None or not isinstance(size, int):
        return None
    steps, batch = lengths
    hidden = cell.inputs[0].width
    start = _start([loop.inputs[k] for k in layer.states])
    args: tuple[Arg, ...] = (rows.x,)
    if start is not None:
        args = (*args, start if len(start) > 1 else start[0])
    order = (batch, steps) if rows.batch_first else (steps, batch)
    last = TensorType(dtype, (1, batch, hidden))
    types = (TensorType(dtype, (*order, hidden)), *(last,) * len(layer.states))
    config = _config(cell, size, state, rows.batch_first)
    params = tuple(
        (name, p.variable, p.transforms) for name, p in state if isinstance(p, Param)
    )
    made = Module(
        cell.cls,
        args,
        config,
        state,
        key=(cell.cls, config, params),
        name=layer_name(state),
        types=types,
        unpack=(0, (1, 2)) if cell.cls == "nn.LSTM" else None,
        origin=loop.origin,
    )
    return in_its_dtype(made)


def _config(
    cell: Cell, size: int, state: State, batch_first: bool
) -> tuple[tuple[str, Arg], ...]:
    config: list[tuple[str, Arg]] = [("input_size", size)]
    config.append(("hidden_size", cell.inputs[0].width))
    if cell.nonlinearity != "tanh":
        config.append(("nonlinearity", cell.nonlinearity))
    if not any(name.startswith("bias") for name, _ in state):
        config.append(("bias", False))
    if batch_first:
        config.append(("batch_first", True))
    return tuple(config)


def _start(states: Sequence[Node]) -> tuple[Node, ...] | None:
    """The first states as torch wants them, [1, batch, hidden]; None for zeros."""
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


def _results(loop: For, step: Step, modules: list[tuple[Module, bool]]) -> Instead:
    values: list[Node] = list(loop.inputs)  # what no turn changes
    sequences = []
    for layer, (module, batch_first) in zip(step.layers, modules, strict=True):
        y, *states = results_of(module)
        sequences.append(time_major(y) if batch_first else y)
        for k, part in zip(layer.states, states, strict=True):
            last = call("[]", part, -1, type=loop.types[k])
            values[k] = replace(last, origin=loop.origin)
    for k, state in step.copies.items():
        values[k] = values[state]
    for k, layer_index in step.outputs.items():
        rows = sequences[layer_index]
        values[k] = Op(
            "TensorListFromTensor",
            (rows, const(-1, "int32")),
            {"element_dtype": rows.dtype, "shape_type": "int32"},
            types=(loop.types[k],),
            origin=loop.origin,
        )
    return Instead(modules[-1][0], tuple(values))
