"""Optimizer steps on the port, with torch's own optimizers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from tf2torch.verify.candidate_layout import Outputs
from tf2torch.verify.candidate_values import named, to_numpy, weighted_sum
from tf2torch.verify.steps import ADAM_EPSILON, BETAS, MOMENTUM, SLOTS, compact

PERTURBED = 0.05  # of each parameter's size: how far away the weights to be found lie


def train(
    model: Any,
    call: Callable[[Any], Any],
    outputs: Outputs,
    settings: dict[str, Any],
) -> tuple[list[float], dict[str, np.ndarray]]:
    """The loss before each step; ``moved:`` how far each parameter of a copy has moved,
    and ``slot:`` the optimizer's slots."""
    own = copy.deepcopy(model)
    parameters = {n: p for n, p in own.named_parameters() if p.requires_grad}
    before = {name: to_numpy(p).copy() for name, p in parameters.items()}
    optimizer = _optimizer(list(parameters.values()), settings)
    losses = []
    for _ in range(settings["steps"]):
        optimizer.zero_grad()
        loss = weighted_sum(named(call(own), outputs), settings["seed"])
        losses.append(float(loss))
        if loss.requires_grad:
            loss.backward()
        optimizer.step()
    found = {}
    for name, parameter in parameters.items():
        moved = to_numpy(parameter).astype(np.float64) - before[name]
        found[f"moved:{name}"] = compact(moved)
        for slot in SLOTS[settings["kind"]]:
            value = optimizer.state[parameter].get(slot)
            if value is not None:
                found[f"slot:{slot}:{name}"] = compact(to_numpy(value))
    return losses, found


def _optimizer(parameters: list[Any], settings: dict[str, Any]) -> Any:
    import torch

    if settings["kind"] == "sgd":
        return torch.optim.SGD(parameters, lr=settings["rate"], momentum=MOMENTUM)
    return torch.optim.Adam(
        parameters, lr=settings["rate"], betas=BETAS, eps=ADAM_EPSILON
    )


def overfit(
    model: Any,
    call: Callable[[Any], Any],
    outputs: Outputs,
    settings: dict[str, Any],
) -> list[float]:
    """The squared loss before each step on one batch, and after the last.

    The targets are outputs of the same model with other weights, so that they can be
    reached; Polyak's step (loss over squared gradient) needs no rate to be chosen.
    """
    import torch

    generator = torch.Generator().manual_seed(settings["seed"])
    own = copy.deepcopy(model)
    parameters = [p for p in own.parameters() if p.requires_grad]
    with torch.no_grad():
        start = [p.clone() for p in parameters]
        for parameter in parameters:
            noise = torch.randn(parameter.shape, generator=generator)
            size = float(parameter.square().mean().sqrt()) or 1.0
            parameter.add_((PERTURBED * size * noise).to(parameter.dtype))
        targets = {k: v.detach() for k, v in _floats(call(own), outputs).items()}
        for parameter, value in zip(parameters, start, strict=True):
            parameter.copy_(value)
    losses = []
    for _ in range(settings["steps"]):
        loss = _squares(_floats(call(own), outputs), targets)
        losses.append(float(loss))
        if not loss.requires_grad or loss <= settings["until"] * losses[0]:
            return losses
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        _polyak(parameters, gradients, loss)
    with torch.no_grad():
        return [*losses, float(_squares(_floats(call(own), outputs), targets))]


def _polyak(parameters: list[Any], gradients: Any, loss: Any) -> None:
    import torch

    reached = [
        (p, g) for p, g in zip(parameters, gradients, strict=True) if g is not None
    ]
    slope = sum(float(g.double().square().sum()) for _, g in reached)
    if slope:
        with torch.no_grad():
            for parameter, gradient in reached:
                parameter.sub_(gradient, alpha=float(loss) / slope)


def _floats(result: Any, outputs: Outputs) -> dict[str, Any]:
    import torch

    return {
        name: value
        for name, value in named(result, outputs).items()
        if isinstance(value, torch.Tensor) and value.is_floating_point()
    }


def _squares(outputs: dict[str, Any], targets: dict[str, Any]) -> Any:
    import torch

    parts = [(v - targets[n]).double().square().sum() for n, v in outputs.items()]
    return torch.stack(parts).sum()
