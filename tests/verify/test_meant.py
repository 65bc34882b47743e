"""Scalars of a float64 run are what they were before they were rounded."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tf2torch.verify.original.meant import meant
from tf2torch.verify.precision import CEILING, LAST_CEILING, Exact


@pytest.mark.parametrize(
    "number",
    [0.1, -0.001, 1e-12, 1.001e-5, 0.0, 3.0, 1 / 255, -1 / 255]
    + [1 / math.sqrt(32), -math.sqrt(2 / math.pi), math.pi, math.log(10), 1e30],
)
def test_a_number_survives_its_rounding(number: float) -> None:
    assert meant(float(np.float32(number))) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("number", [0.123456789, 7.654321e-9, 123456.78])
def test_other_numbers_are_the_shortest_decimals(number: float) -> None:
    assert meant(float(np.float32(number))) == float(str(np.float32(number)))


@pytest.mark.parametrize("number", [math.inf, -math.inf])
def test_infinities_stay(number: float) -> None:
    assert meant(number) == number


@pytest.mark.parametrize(
    ("error", "own", "refutes"),
    [
        (CEILING * 0.9, 0.0, False),
        (CEILING * 1.1, 0.0, True),
        (CEILING * 2, CEILING * 3, False),
        (LAST_CEILING * 1.1, 1.0, True),
    ],
)
def test_what_roundings_of_constants_explain(
    error: float, own: float, refutes: bool
) -> None:
    assert Exact(error, True, own).refutes == refutes
    assert not Exact(error, False, own).refutes
