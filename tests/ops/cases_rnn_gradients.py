"""Gradient ops of the recurrent kernels, on gates that the kernels computed."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops
UNITS, INPUTS = 3, 4
NAMES = ("x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b")


def weights() -> list[Any]:
    return [f32(INPUTS + UNITS, 4 * UNITS), *[f32(UNITS)] * 3, f32(4 * UNITS)]


def cell(peephole: bool) -> OpCase:
    def function(*operands: Any) -> Any:
        *given, cell_grad, hidden_grad = operands
        tensors = dict(zip(NAMES, given, strict=True))
        gates = raw.LSTMBlockCell(**tensors, use_peephole=peephole)
        kept = {k: getattr(gates, k) for k in ("i", "cs", "f", "o", "ci", "co")}
        made = raw.LSTMBlockCellGrad(
            **tensors,
            **kept,
            cs_grad=cell_grad,
            h_grad=hidden_grad,
            use_peephole=peephole,
        )
        return made if peephole else made[:2]

    state = f32(2, UNITS)
    operands = [f32(2, INPUTS), state, state, *weights(), state, state]
    return case(
        "LSTMBlockCellGrad",
        function,
        *operands,
        batch=[0, 1, 2, 8, 9],
        grad=False,
        name=str(peephole),
    )


def block(op: str, peephole: bool, steps: int = 5) -> OpCase:
    def function(*operands: Any) -> Any:
        *given, cell_grad, hidden_grad = operands
        tensors = dict(zip(NAMES, given, strict=True))
        tensors["seq_len_max"] = tf.constant(steps, tf.int64)
        gates = raw.BlockLSTM(**tensors, use_peephole=peephole)._asdict()
        made = getattr(raw, op)(
            **tensors,
            **gates,
            cs_grad=cell_grad,
            h_grad=hidden_grad,
            use_peephole=peephole,
        )
        return made if peephole else (*made[:4], made[7])

    state, states = f32(2, UNITS), f32(5, 2, UNITS)
    operands = [f32(5, 2, INPUTS), state, state, *weights(), states, states]
    return case(
        op,
        function,
        *operands,
        dynamic=False,
        grad=False,
        atol=1e-5,
        name=f"{peephole}-{steps}",
    )


def gru(x: Any, h: Any, gates: Any, new: Any, b_gates: Any, b_new: Any, g: Any) -> Any:
    tensors = {"x": x, "h_prev": h, "w_ru": gates, "w_c": new}
    tensors |= {"b_ru": b_gates, "b_c": b_new}
    made = raw.GRUBlockCell(**tensors)
    return raw.GRUBlockCellGrad(**tensors, r=made.r, u=made.u, c=made.c, d_h=g)


CASES = [
    cell(False),
    cell(True),
    block("BlockLSTMGrad", False),
    block("BlockLSTMGrad", True),
    block("BlockLSTMGrad", True, steps=3),
    block("BlockLSTMGradV2", True),
    case(
        "GRUBlockCellGrad",
        gru,
        f32(2, INPUTS),
        f32(2, UNITS),
        f32(INPUTS + UNITS, 2 * UNITS),
        f32(INPUTS + UNITS, UNITS),
        f32(2 * UNITS),
        f32(UNITS),
        f32(2, UNITS),
        batch=[0, 1, 6],
        grad=False,
    ),
]
