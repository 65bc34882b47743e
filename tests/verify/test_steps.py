"""Courses are sent in as few bytes as their comparison needs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tf2torch.verify.steps import (
    ADAM_EPSILON,
    BETAS,
    CACHED,
    MOMENTUM,
    SLOTS,
    Stepper,
    compact,
)


def test_a_course_is_compact() -> None:
    value = np.random.default_rng(0).normal(size=1000)
    found = compact(value)
    assert found.dtype == np.float32
    assert np.linalg.norm(found - value) < 1e-7 * np.linalg.norm(value)


@pytest.mark.parametrize("size", [1e-40, 1e40, 0.0, np.nan, np.inf])
def test_what_float32_cannot_hold_stays(size: float) -> None:
    value = np.full(3, size)
    assert compact(value).dtype == np.float64
    np.testing.assert_array_equal(compact(value), value)


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_the_steps_are_those_of_torch(kind: str) -> None:
    """Also of arrays in Fortran's order, of scalars, and longer than is cached."""
    rng = np.random.default_rng(0)
    shapes = {"long": (CACHED + 7,), "turned": (5, 4), "scalar": ()}
    values = {name: np.array(rng.normal(size=s)) for name, s in shapes.items()}
    own = [torch.nn.Parameter(torch.tensor(value)) for value in values.values()]
    optimizer: torch.optim.Optimizer = torch.optim.SGD(own, 0.1, momentum=MOMENTUM)
    if kind == "adam":
        optimizer = torch.optim.Adam(own, 0.1, betas=BETAS, eps=ADAM_EPSILON)
    stepper = Stepper(kind, 0.1)
    for _ in range(3):
        slopes = {
            name: np.asfortranarray(rng.normal(size=s)) for name, s in shapes.items()
        }
        slopes["scalar"] = slopes["scalar"].reshape(())
        for parameter, slope in zip(own, slopes.values(), strict=True):
            parameter.grad = torch.tensor(slope)
        optimizer.step()
        stepper.step(values, slopes)
    for name, parameter in zip(shapes, own, strict=True):
        np.testing.assert_allclose(values[name], parameter.detach(), 1e-12, 1e-15)
        for slot in SLOTS[kind]:
            kept = stepper.slots()[f"{slot}:{name}"]
            np.testing.assert_allclose(
                kept, optimizer.state[parameter][slot], 1e-12, 1e-15
            )
