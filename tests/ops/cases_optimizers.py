"""Optimizer steps on resource variables; test_ref_optimizers.py has those of TF1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from tests.ops.cases import OpCase, case, f32, floats

raw = tf.raw_ops
KEEP: list[tf.Variable] = []
HYPER = {
    "alpha": 0.3,
    "beta": 0.8,
    "beta1": 0.9,
    "beta1_power": 0.81,
    "beta2": 0.999,
    "beta2_power": 0.998,
    "epsilon": 1e-3,
    "l1": 0.05,
    "l2": 0.2,
    "l2_shrinkage": 0.1,
    "logbase": 0.7,
    "lr": 0.1,
    "lr_power": -0.5,
    "momentum": 0.9,
    "rho": 0.95,
    "sign_decay": 0.6,
}
NOT_SLOTS = {*HYPER, "grad", "delta", "indices", "global_step"}
ROWS = np.int32([2, 0, 2, 3, 2])


def arguments(op: str) -> list[str]:
    return [a.name for a in op_def_registry.get(op).input_arg]


def slots(op: str) -> int:
    return sum(name not in NOT_SLOTS for name in arguments(op))


def operand(name: str, grad: Any, given: dict[str, Any]) -> Any:
    """The gradient, the rows, or a hyper-parameter in the gradient's dtype."""
    if name in ("grad", "delta"):
        return grad
    if name == "indices":
        return ROWS
    if name == "global_step":
        return tf.constant(3, tf.int64)
    return tf.cast(given.get(name, HYPER[name]), grad.dtype)


def step(
    op: str, dtype: str = "float32", trainable: bool = False, **given: Any
) -> Callable[..., Any]:
    """State from x, one step with g, the state after it."""
    state = [
        tf.Variable(tf.ones([4, 3], dtype), trainable=trainable)
        for _ in range(slots(op))
    ]
    KEEP.extend(state)
    flags = {k: v for k, v in given.items() if k not in HYPER}

    def run(x: Any, g: Any) -> Any:
        state[0].assign(x)
        for k, slot in enumerate(state[1:]):
            slot.assign(tf.square(x) * (k + 1) + tf.cast(0.1, dtype))
        names = arguments(op)
        operands = [v.handle for v in state]
        operands += [operand(n, g, given) for n in names[len(state) :]]
        getattr(raw, op)(**dict(zip(names, operands, strict=True)), **flags)
        return tf.stack([v.read_value() for v in state])

    return run


def stepped(op: str, dtype: str = "float32", **given: Any) -> OpCase:
    rows = len(ROWS) if "Sparse" in op else 4
    operands = floats(dtype, 4, 3), floats(dtype, rows, 3)
    return case(op, step(op, dtype, **given), *operands, batch=[], grad=False)


def learned(x: Any, g: Any) -> Any:
    """The rate is computed: no number."""
    handle = RATED.assign(x)
    raw.ResourceApplyGradientDescent(
        var=RATED.handle, alpha=tf.reduce_mean(tf.abs(g)), delta=g
    )
    with tf.control_dependencies([handle]):
        return RATED.read_value() * 2.0


RATED = tf.Variable(tf.ones([4, 3]))
DENSE = [
    f"ResourceApply{name}"
    for name in (
        "Adadelta Adagrad AdagradV2 AdagradDA Adam AdamWithAmsgrad AdaMax AddSign "
        "CenteredRMSProp Ftrl FtrlV2 GradientDescent KerasMomentum Momentum PowerSign "
        "ProximalAdagrad ProximalGradientDescent RMSProp"
    ).split()
]
SPARSE = [
    f"ResourceSparseApply{name}"
    for name in (
        "Adadelta Adagrad AdagradV2 AdagradDA CenteredRMSProp Ftrl FtrlV2 "
        "KerasMomentum Momentum ProximalAdagrad ProximalGradientDescent RMSProp"
    ).split()
]
REGULARISED = ("AdagradDA", "ProximalAdagrad", "ProximalGradientDescent", "Ftrl")

CASES = [
    *map(stepped, DENSE),
    *map(stepped, SPARSE),
    *(stepped(op, "float64") for op in (*DENSE, *SPARSE)),
    *(
        stepped(op, "float16", epsilon=0.1)
        for op in DENSE
        if not op.endswith(("Ftrl", "FtrlV2", "DA", "ProximalAdagrad"))
        and "ProximalGradient" not in op
    ),
    *(
        stepped(f"Resource{kind}Apply{name}", use_nesterov=True)
        for name in ("Momentum", "KerasMomentum")
        for kind in ("", "Sparse")
    ),
    stepped("ResourceApplyAdam", use_nesterov=True),
    *(
        stepped(f"Resource{kind}Apply{name}", update_slots=False)
        for name in ("Adagrad", "AdagradV2")
        for kind in ("", "Sparse")
    ),
    *(
        stepped(f"Resource{kind}Apply{name}", multiply_linear_by_lr=True, lr_power=-0.4)
        for name in ("Ftrl", "FtrlV2")
        for kind in ("", "Sparse")
    ),
    *(
        stepped(f"Resource{kind}Apply{name}", l1=0.0)
        for name in REGULARISED
        for kind in ("", "Sparse")
    ),
    stepped("ResourceApplyAdam", trainable=True),
    stepped("ResourceSparseApplyAdagrad", trainable=True),
    case(
        "ResourceApplyGradientDescent",
        learned,
        f32(4, 3),
        f32(4, 3),
        batch=[],
        grad=False,
    ),
]
