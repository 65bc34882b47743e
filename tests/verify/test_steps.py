"""Courses are sent in as few bytes as their comparison needs."""

from __future__ import annotations

import numpy as np
import pytest

from tf2torch.verify.steps import compact


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
