"""Optimizer steps on the original, whatever its kind."""

from __future__ import annotations

import numpy as np

from tf2torch.verify.cotangents import cotangent
from tf2torch.verify.original.model import Original
from tf2torch.verify.steps import Stepper
from tf2torch.verify.wire import Arrays


def train(
    model: Original,
    inputs: Arrays,
    seed: int,
    keys: list[str],
    stepper: Stepper,
    steps: int,
) -> tuple[list[float], Arrays, Arrays]:
    """The loss before each step, how far each variable has moved, and the optimizer's
    slots; the variables are put back."""
    before = {key: model.value(key) for key in keys}
    values = {key: np.array(value, order="C") for key, value in before.items()}
    losses = []
    try:
        for _ in range(steps):
            run = model.run(inputs, seed, None)
            losses.append(_loss(run.outputs, seed))
            known = {k: run.gradients[k] for k in keys if k in run.gradients}
            stepper.step(values, known)
            for key in known:
                model.assign(key, values[key])
    finally:
        for key, value in before.items():
            model.assign(key, value)
    moved = {k: values[k].astype(np.float64) - before[k] for k in keys}
    return losses, moved, stepper.slots()


def _loss(outputs: Arrays, seed: int) -> float:
    return float(
        sum(
            (value * cotangent(seed, name, value.shape)).sum(dtype=np.float64)
            for name, value in outputs.items()
            if value.dtype.kind == "f"
        )
    )
