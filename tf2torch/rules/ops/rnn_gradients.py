"""Gradient ops of the recurrent kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.rnn_kernels import run_length
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("rnn_gradients")


@dataclass(frozen=True)
class PeepholeAttrs:
    use_peephole: bool


@rules.rule("LSTMBlockCellGrad")
def lstm_block_cell_grad(
    x: Node,
    cell: Node,
    hidden: Node,
    w: Node,
    wci: Node,
    wcf: Node,
    wco: Node,
    b: Node,
    i: Node,
    cs: Node,
    f: Node,
    o: Node,
    ci: Node,
    co: Node,
    cs_grad: Node,
    h_grad: Node,
    *,
    attrs: PeepholeAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    named: dict[str, Any] = {}
    if attrs.use_peephole:
        named["peepholes"] = (wci, wcf, wco)
    args = (cell, (i, cs, f, o, ci, co), cs_grad, h_grad)
    return outs(call("helper.lstm_cell_grad", *args, types=out, **named))


@rules.rule("BlockLSTMGrad")
def block_lstm_grad(
    length: Node,
    x: Node,
    cell: Node,
    hidden: Node,
    w: Node,
    wci: Node,
    wcf: Node,
    wco: Node,
    b: Node,
    i: Node,
    cs: Node,
    f: Node,
    o: Node,
    ci: Node,
    co: Node,
    h: Node,
    cs_grad: Node,
    h_grad: Node,
    *,
    attrs: PeepholeAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """The gates' order is input, new, forget, output."""
    states = (i, cs, f, o, ci, co, h)
    given = (x, cell, hidden, w, states, cs_grad, h_grad)
    peepholes = (wci, wcf, wco) if attrs.use_peephole else None
    return _block_grad(given, peepholes, run_length(length, x), out)


@rules.rule("BlockLSTMGradV2")
def block_lstm_grad_v2(
    length: Node,
    x: Node,
    cell: Node,
    hidden: Node,
    w: Node,
    wci: Node,
    wcf: Node,
    wco: Node,
    b: Node,
    i: Node,
    cs: Node,
    f: Node,
    o: Node,
    ci: Node,
    co: Node,
    h: Node,
    cs_grad: Node,
    h_grad: Node,
    *,
    attrs: PeepholeAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """The gates' order is input, forget, new, output."""
    states = (i, cs, f, o, ci, co, h)
    given = (x, cell, hidden, w, states, cs_grad, h_grad)
    peepholes = (wci, wcf, wco) if attrs.use_peephole else None
    named = run_length(length, x) | {"order": "ifco"}
    return _block_grad(given, peepholes, named, out)


def _block_grad(
    given: tuple[Any, ...],
    peepholes: tuple[Node, ...] | None,
    named: dict[str, Any],
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    if peepholes is not None:
        named["peepholes"] = peepholes
    return outs(call("helper.block_lstm_grad", *given, types=out, **named))


@rules.rule("GRUBlockCellGrad")
def gru_block_cell_grad(
    x: Node,
    hidden: Node,
    w_ru: Node,
    w_c: Node,
    b_ru: Node,
    b_c: Node,
    r: Node,
    u: Node,
    c: Node,
    h_grad: Node,
    *,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    args = (hidden, w_ru, w_c, (r, u, c), h_grad)
    return outs(call("helper.gru_cell_grad", *args, types=out))
