"""Recurrent kernels: gate orders, peepholes, clipping, short runs."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops
UNITS, INPUTS = 3, 4


def weights() -> list[Any]:
    """Matrix, three peepholes, bias."""
    return [f32(INPUTS + UNITS, 4 * UNITS), *[f32(UNITS)] * 3, f32(4 * UNITS)]


def cell(name: str, **given: Any) -> OpCase:
    def function(x: Any, c: Any, h: Any, w: Any, i: Any, f: Any, o: Any, b: Any) -> Any:
        return raw.LSTMBlockCell(
            x=x, cs_prev=c, h_prev=h, w=w, wci=i, wcf=f, wco=o, b=b, **given
        )

    states = [f32(2, INPUTS), f32(2, UNITS), f32(2, UNITS)]
    return case(
        "LSTMBlockCell",
        function,
        *states,
        *weights(),
        batch=[0, 1, 2],
        grad=False,
        name=name,
    )


def block(op: str, name: str, steps: int = 5, **given: Any) -> OpCase:
    """TF's gradient is that of the cells and of the hidden states; for the second
    version it reads the gates in the order of the first, which is no gradient. What
    gates were after the last step that counts is not written at all.
    """

    def function(x: Any, c: Any, h: Any, w: Any, i: Any, f: Any, o: Any, b: Any) -> Any:
        results = getattr(raw, op)(
            seq_len_max=tf.constant(steps, tf.int64),
            x=x,
            cs_prev=c,
            h_prev=h,
            w=w,
            wci=i,
            wcf=f,
            wco=o,
            b=b,
            **given,
        )
        return results if steps == 5 else (results.cs, results.h)

    states = [f32(5, 2, INPUTS), f32(2, UNITS), f32(2, UNITS)]
    return case(
        op,
        function,
        *states,
        *weights(),
        batch=[],
        grad=(1, 6) if steps == 5 and op == "BlockLSTM" else False,
        atol=1e-5,
        name=name,
    )


def gru(x: Any, h: Any, gates: Any, new: Any, b_gates: Any, b_new: Any) -> Any:
    return raw.GRUBlockCell(x=x, h_prev=h, w_ru=gates, w_c=new, b_ru=b_gates, b_c=b_new)


CASES = [
    cell("plain", cell_clip=0.0),
    cell("defaults"),
    cell("clip", cell_clip=0.3, forget_bias=0.0),
    cell("peephole", use_peephole=True),
    *(
        c
        for op in ("BlockLSTM", "BlockLSTMV2")
        for c in (
            block(op, "plain", cell_clip=0.0),
            block(op, "clip", cell_clip=0.3),
            block(op, "peephole", use_peephole=True),
            block(op, "short", steps=3),
        )
    ),
    case(
        "GRUBlockCell",
        gru,
        f32(2, INPUTS),
        f32(2, UNITS),
        f32(INPUTS + UNITS, 2 * UNITS),
        f32(INPUTS + UNITS, UNITS),
        f32(2 * UNITS),
        f32(UNITS),
        batch=[0, 1],
        grad=False,
    ),
]
