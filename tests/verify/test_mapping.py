"""Transforms move elements; coverage counts who holds them."""

from __future__ import annotations

import numpy as np
import pytest

from tf2torch.verify.mapping import BadTransform, apply, coverage
from tf2torch.verify.provenance import Entry, Step

GRID = np.arange(24).reshape(2, 3, 4)


def entry(*steps: tuple[str, tuple[int, ...]]) -> Entry:
    return Entry("e", "k", "v", tuple(Step(*s) for s in steps), True, ())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("permute", (2, 0, 1))], GRID.transpose(2, 0, 1)),
        ([("reshape", (6, 4))], GRID.reshape(6, 4)),
        ([("flip", (0, 2))], GRID[::-1, :, ::-1]),
        ([("index", (1,))], GRID[1]),
        ([("slice", (2, 1, 3))], GRID[:, :, 1:3]),
        ([("blocks", (2, 1, 0))], GRID[:, :, [2, 3, 0, 1]]),
        ([("index", (0,)), ("permute", (1, 0))], GRID[0].T),
    ],
)
def test_apply(steps: list[tuple[str, tuple[int, ...]]], expected: np.ndarray) -> None:
    np.testing.assert_array_equal(apply([Step(*s) for s in steps], GRID), expected)


@pytest.mark.parametrize(
    "step",
    [
        ("permute", (0, 1)),
        ("reshape", (5, 5)),
        ("index", (9,)),
        ("fold", ()),
        ("slice", ()),
    ],
)
def test_a_transform_that_does_not_fit_is_refused(
    step: tuple[str, tuple[int, ...]],
) -> None:
    with pytest.raises(BadTransform):
        apply([Step(*step)], GRID)


def test_coverage_finds_gaps_and_overlaps() -> None:
    halves = [entry(("slice", (2, 0, 2))), entry(("slice", (2, 2, 4)))]
    assert (coverage(halves, GRID.shape) == 1).all()
    assert (coverage(halves[:1], GRID.shape) == 0).sum() == 12
    twice = coverage([*halves, entry(("index", (1,)))], GRID.shape)
    assert (twice[1] == 2).all() and (twice[0] == 1).all()
