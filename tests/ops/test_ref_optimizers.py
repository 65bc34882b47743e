"""Optimizer steps on TF1's reference variables, twice, against a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.ops.cases_optimizers import ROWS, arguments, operand, slots
from tf2torch.rules.ops.optimizers import rules

OPS = sorted(op for op in rules.rules if not op.startswith("Resource"))


def build(x: Any, rows: Any) -> dict[str, Any]:
    """One node of each op, with variables of its own: op → the variable after it."""
    import tensorflow as tf

    v1 = tf.compat.v1
    made = {}
    for op in OPS:
        names = arguments(op)
        state = [
            v1.get_variable(
                f"{op}_{k}", initializer=tf.fill([4, 3], 0.5 + k), use_resource=False
            )
            for k in range(slots(op))
        ]
        grad = rows if "Sparse" in op else x * 0.5
        operands = [*state, *(operand(n, grad, {}) for n in names[len(state) :])]
        stepped = getattr(tf.raw_ops, op)(**dict(zip(names, operands, strict=True)))
        with tf.control_dependencies([stepped.op]):
            made[op] = tf.stack(
                [tf.identity(v.read_value()) for v in state], name=f"after_{op}"
            )
    return made


def test_steps_on_reference_variables(tmp_path: Path) -> None:
    import tensorflow as tf

    from tests.ops.runner import Port

    v1 = tf.compat.v1
    random = np.random.default_rng(3)
    x, rows = (random.standard_normal((n, 3)).astype("float32") for n in (4, len(ROWS)))
    with tf.Graph().as_default(), v1.Session() as session:
        feed = {v1.placeholder(tf.float32, (4, 3), "x"): x}
        feed[v1.placeholder(tf.float32, rows.shape, "rows")] = rows
        made = build(*feed)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(tmp_path / "model"))
        want = [session.run(list(made.values()), feed) for _ in range(2)]
    port = Port(
        str(tmp_path), inputs=["x", "rows"], outputs=[f"after_{op}" for op in OPS]
    )
    assert not port.hints
    for step in range(2):
        got = port(torch.from_numpy(x), torch.from_numpy(rows))
        for op, ours, theirs in zip(OPS, got, want[step], strict=True):
            message = f"{op}, step {step}"
            np.testing.assert_allclose(
                ours.detach().numpy(), theirs, 1e-5, 1e-6, message
            )
