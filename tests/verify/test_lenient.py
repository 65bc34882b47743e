"""At edges: how far off float32 may be where float64 agrees."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tf2torch.verify.candidate import Answer
from tf2torch.verify.gates.outputs import figures_lazily, figures_of_many
from tf2torch.verify.inputs import Sample
from tf2torch.verify.oracle import Truth
from tf2torch.verify.original.model import Run

SCALE = np.array([1.0, 10.0])


def case(off: float, moved: float, proven: bool = True) -> Any:
    """The port is ``off`` in float32; roundings move the original by ``moved``."""
    dtypes = {"y": "float32"}
    exact = Run({"y": SCALE}, dtypes)
    single = Run({"y": SCALE.astype("f")}, dtypes)
    rounded = Run({"y": SCALE * (1 + moved)}, dtypes)
    oracle = SimpleNamespace(
        outputs_for=lambda arrays: single, rounded=lambda *_: rounded
    )
    wide = Answer({"y": SCALE * (1 if proven else 1 + off)}, dtypes)
    return SimpleNamespace(
        oracle=oracle,
        seed=0,
        binding=True,
        widens=True,
        stochastic_in=lambda sample: (),
        truth=lambda sample: Truth(single, exact),
        answer=lambda sample: Answer({"y": (SCALE * (1 + off)).astype("f")}, dtypes),
        double_answer=lambda sample: wide,
    )


@pytest.mark.parametrize(
    ("off", "moved", "passes"),
    [
        (5e-3, 0.0, True),  # a few roundings that a search has found
        (0.2, 0.0, False),  # the original computes this well, and the port does not
        (0.2, 0.1, True),  # so much is chance, in TensorFlow too
    ],
)
def test_what_float64_proves_may_be_off_by_roundings(
    off: float, moved: float, passes: bool
) -> None:
    found = figures_lazily(case(off, moved), Sample("edge", {}))
    assert all(figure.passed for figure in found) is passes


def test_what_float64_does_not_prove_may_not() -> None:
    found = figures_lazily(case(5e-3, 0.1, proven=False), Sample("edge", {}))
    assert not all(figure.passed for figure in found)


@pytest.mark.parametrize(
    ("off", "runs_wide"),
    [
        (1e-7, False),  # as the first rows have it
        (5e-6, True),
    ],
)
def test_many_rows_need_float64_where_float32_leaves_a_doubt(
    off: float, runs_wide: bool
) -> None:
    first, many = Sample("sample", {}, True), Sample("all rows", {}, large=True)
    asked = []
    port = case(off, 0.0)
    port.samples = [first, many]
    port.single = lambda sample: port.truth(sample).single
    honest, wide = case(0.0, 0.0), port.double_answer

    def double_answer(sample: Sample) -> Answer:
        asked.append(sample.name)
        return wide(sample)

    port.double_answer = double_answer
    own = port.answer
    port.answer = lambda sample: (honest.answer if sample is first else own)(sample)
    found = figures_of_many(port, many)
    assert ("all rows" in asked) is runs_wide
    assert {figure.subject for figure in found} == {"y · all rows"}
    assert all(figure.passed for figure in found) is not runs_wide
