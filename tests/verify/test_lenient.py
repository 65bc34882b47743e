"""At edges: how far off float32 may be where float64 agrees."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tf2torch.verify.candidate import Answer
from tf2torch.verify.gates.outputs import figures_lazily
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
