"""How far roundings move the gradients of the original: what float32 can know of them.

A rounding that carries a value over a corner of ReLU, or makes another cell the
largest of its window, changes a gradient by far more than the rounding's own size.
TensorFlow's float32 run may have met none of these corners and the port some, or the
other way round: neither is wrong. So the original runs in float64, its weights and
inputs off by noise that moves the outputs as far as a port's may be off, and the
movement of the gradients is the measure of what chance does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tf2torch.verify import tolerance
from tf2torch.verify.gate import Case
from tf2torch.verify.inputs import Sample
from tf2torch.verify.norms import norm
from tf2torch.verify.oracle import Truth
from tf2torch.verify.original.model import Run
from tf2torch.verify.wire import Arrays

DRAWS = 3
OUTPUT_DRAWS = 8  # one value at a step is moved over it about every second time
ROUNDINGS = 4.0  # units of a float32 input or weight, for outputs
LARGEST = 64.0  # × the unit roundoff: longer sums than that are added in parts


class Sway:
    """How far the gradients on one input set move. Runs are dear, so that they are
    only made until somebody has seen enough."""

    def __init__(self, case: Case, sample: Sample):
        self._draws = _draws(case, sample)
        self._largest = 0.0

    def __iter__(self) -> Iterator[float]:
        """The largest relative change of a gradient that is more than noise: so far,
        and after each further draw."""
        yield self._largest
        for change in self._draws:
            self._largest = max(self._largest, change)
            yield self._largest


def _draws(case: Case, sample: Sample) -> Iterator[float]:
    truth = case.truth(sample)
    if truth.double is None:
        return
    size = _size(case, sample, truth)
    for draw in range(DRAWS):
        yield _largest_change(_rounded(case, sample, size, draw), truth.double)


def output_sway(case: Case, sample: Sample, name: str, enough: float) -> float:
    """How far roundings of its weights and inputs move an output, of its scale: far at
    a step, or where values cancel. What reaches ``enough`` is not looked at further."""
    truth = case.truth(sample).double
    if truth is None:
        return 0.0
    size, found = ROUNDINGS * tolerance.EPS, 0.0
    for draw in range(OUTPUT_DRAWS):
        run = case.oracle.rounded(sample.arrays, None, None, size, draw)
        found = max(found, _apart(run.outputs, {name: truth.outputs[name]}))
        if found >= enough:
            break
    return found


def _rounded(case: Case, sample: Sample, size: float, draw: int) -> Run:
    return case.oracle.rounded(sample.arrays, case.seed, case.weighed, size, draw)


def _size(case: Case, sample: Sample, truth: Truth) -> float:
    """Noise that moves the outputs as far as the outputs gate lets a port be off."""
    assert truth.double is not None
    run = _rounded(case, sample, tolerance.EPS, 0)
    moved = _apart(run.outputs, truth.double.outputs)
    allowed = tolerance.K * _apart(truth.single.outputs, truth.double.outputs)
    factor = allowed / moved if moved else 1.0
    return tolerance.EPS * min(max(factor, 1.0), LARGEST)


def _apart(found: Arrays, truth: Arrays) -> float:
    """The largest difference of an output, over its scale."""
    largest = 0.0
    for name, value in truth.items():
        if value.dtype.kind != "f" or not np.isfinite(value).all():
            continue
        scale = float(np.abs(value).max(initial=0.0)) or 1.0
        difference = np.abs(found[name] - value).max(initial=0.0)
        largest = max(largest, float(difference) / scale)
    return largest


def _largest_change(run: Run, truth: Run) -> float:
    exact = truth.gradients | {f"in:{k}": v for k, v in truth.input_gradients.items()}
    moved = run.gradients | {f"in:{k}": v for k, v in run.input_gradients.items()}
    norms = {name: norm(value) for name, value in exact.items()}
    least = tolerance.GRADIENT_FLOOR_ULPS * tolerance.EPS * max(norms.values())
    changes = [
        norm(moved[name] - value) / norms[name]
        for name, value in exact.items()
        if name in moved and norms[name] > least
    ]
    return max(changes, default=0.0)
