"""Optimizer steps on the port, with torch's own optimizers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from tf2torch.verify.candidate_values import named, to_numpy, weighted_sum
from tf2torch.verify.steps import ADAM_EPSILON, BETAS


def train(
    model: Any,
    call: Callable[[Any], Any],
    names: list[str],
    settings: dict[str, Any],
) -> tuple[list[float], dict[str, np.ndarray]]:
    """The loss before each step, and how far each parameter of a copy has moved."""
    import torch

    own = copy.deepcopy(model)
    parameters = {n: p for n, p in own.named_parameters() if p.requires_grad}
    before = {name: to_numpy(p).copy() for name, p in parameters.items()}
    optimizer: Any
    if settings["kind"] == "sgd":
        optimizer = torch.optim.SGD(parameters.values(), lr=settings["rate"])
    else:
        optimizer = torch.optim.Adam(
            parameters.values(), lr=settings["rate"], betas=BETAS, eps=ADAM_EPSILON
        )
    losses = []
    for _ in range(settings["steps"]):
        optimizer.zero_grad()
        loss = weighted_sum(named(call(own), names), settings["seed"])
        losses.append(float(loss))
        if loss.requires_grad:
            loss.backward()
        optimizer.step()
    after = {name: to_numpy(p).astype(np.float64) for name, p in parameters.items()}
    return losses, {name: after[name] - before[name] for name in after}
