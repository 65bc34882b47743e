"""The tolerance follows TensorFlow's own error, between a floor and a ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from tf2torch.verify import precision
from tf2torch.verify.tolerance import (
    EPS,
    FLOOR_ULPS,
    GRADIENT_CEILING,
    GRADIENT_FLOOR_ULPS,
    OUTPUT_CEILING,
    K,
    gradient_ill_conditioned,
    ill_conditioned,
    judge_gradient,
    judge_output,
)

TRUTH = np.array([1.0, -2.0, 0.5, 4.0])


def off(by: float) -> np.ndarray:
    """float32 values whose largest error is ``by`` of the scale (4.0)."""
    return (TRUTH + np.array([0.0, 4.0 * by, 0.0, 0.0])).astype(np.float32)


@pytest.mark.parametrize(
    ("own", "port", "passes"),
    [
        (0.0, FLOOR_ULPS * EPS * 0.9, True),
        (0.0, FLOOR_ULPS * EPS * 1.2, False),
        (5e-6, 5e-6 * K * 0.9, True),
        (5e-6, 5e-6 * K * 1.1, False),
        (5e-5, OUTPUT_CEILING * 0.9, True),
        (5e-5, OUTPUT_CEILING * 1.1, False),
    ],
)
def test_outputs(own: float, port: float, passes: bool) -> None:
    assert judge_output(off(port), off(own), TRUTH).passed == passes


def test_without_float64_the_ceiling_holds() -> None:
    single = TRUTH.astype(np.float32)
    assert judge_output(off(OUTPUT_CEILING * 0.9), single, None).passed
    assert not judge_output(off(OUTPUT_CEILING * 1.1), single, None).passed


def test_nan_and_infinity_must_stand_in_the_same_places() -> None:
    single, port = off(0.0), off(0.0)
    single[1], port[1] = np.nan, np.nan
    assert judge_output(port, single, TRUTH).passed
    port[1] = 0.0
    assert judge_output(port, single, TRUTH).problem
    port[1], port[2] = np.nan, np.inf
    assert judge_output(port, single, TRUTH).problem
    single[1], port[1], port[2] = np.inf, -np.inf, 0.5
    assert not judge_output(port, single, TRUTH).passed


def test_integers_are_equal_unless_tensorflow_itself_is_undecided() -> None:
    single, double = np.array([1, 2, 3]), np.array([1, 2, 4])
    assert judge_output(np.array([1, 2, 9]), single, double).passed
    assert not judge_output(np.array([1, 0, 3]), single, double).passed
    assert not judge_output(np.array([1, 2, 9]), single, None).passed


@pytest.mark.parametrize(
    ("own", "port", "passes"),
    [
        (0.0, GRADIENT_FLOOR_ULPS * EPS * 0.9, True),
        (0.0, GRADIENT_FLOOR_ULPS * EPS * 1.2, False),
        (5e-4, GRADIENT_CEILING * 0.9, True),
        (5e-4, GRADIENT_CEILING * 1.1, False),
    ],
)
def test_gradients(own: float, port: float, passes: bool) -> None:
    norm = float(np.linalg.norm(TRUTH))

    def away(by: float) -> np.ndarray:
        return TRUTH + np.array([norm * by, 0.0, 0.0, 0.0])

    judged = judge_gradient(away(port), away(own), TRUTH, norm)
    assert judged.passed == passes


def test_a_gradient_that_is_noise_is_held_against_the_largest() -> None:
    truth, single = np.full(4, 1e-12), np.full(4, 1e-8)
    assert judge_gradient(np.full(4, -2e-8), single, truth, 1.0).passed
    assert not judge_gradient(np.full(4, 1e-3), single, truth, 1.0).passed


def test_a_dead_gradient_does_not_pass() -> None:
    single = TRUTH.astype(np.float32)
    assert not judge_gradient(np.zeros(4), single, TRUTH, 10.0).passed


def test_a_gradient_where_tensorflow_has_none_does_not_pass() -> None:
    zeros = np.zeros(4, np.float32)
    assert judge_gradient(zeros, zeros, np.zeros(4), 1.0).passed
    assert not judge_gradient(TRUTH, zeros, np.zeros(4), 1.0).passed


def test_ill_conditioned() -> None:
    assert ill_conditioned(off(2e-4), TRUTH)
    assert not ill_conditioned(off(2e-5), TRUTH)
    assert not ill_conditioned(off(2e-4), None)
    assert gradient_ill_conditioned(off(1e-1), TRUTH, 1.0)
    assert not gradient_ill_conditioned(off(1e-5), TRUTH, 1.0)


def test_the_roundings_of_float64_are_no_difference_of_a_gradient() -> None:
    """The bias of an attention's keys has no gradient but what sums leave."""
    nothing, noise = np.zeros(4), np.full(4, 2e-17)
    assert precision.exact_gradient(noise, nothing, 1.0) == 0.0
    assert precision.exact_gradient(1e-12 + noise, nothing, 1.0) > precision.CEILING
