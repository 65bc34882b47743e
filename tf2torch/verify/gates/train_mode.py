"""Train mode gate: dropout, batch statistics and their update, where the source says.

A serving graph has lost its training behaviour; Keras models and files have not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.diagnostics import Code, Direction, Hint, Priority
from tf2torch.verify import mapping, tolerance
from tf2torch.verify.distribution import (
    DEVIATIONS,
    Moments,
    mean_deviation,
    spread_deviation,
    vector_deviation,
)
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.original.model import FLOATS
from tf2torch.verify.provenance import Entry

MODES = re.compile(r"dropout|self\.training|def train\(", re.IGNORECASE)
UPDATE_AGREEMENT = 1e-3  # of how far a statistic moves: float32 sums over a batch

# torch, and TensorFlow's fused kernel, update the moving variance with the unbiased
# variance of the batch; Keras 3 with the biased one. With n values per channel they
# are a factor of n/(n-1) apart; what is compared here has n of at least BATCH.
BATCH = 16
BESSEL = 1.0 / (BATCH - 1)


@dataclass(frozen=True)
class TrainMode:
    name = "train mode"
    hard = True
    dimension = Dimension.TRAINABILITY

    def check(self, case: Case) -> Verdict:
        if not case.oracle.trains:
            return Verdict(notes=("the source tells nothing about training",))
        if not case.drawn[0].batch:
            return Verdict(notes=("the batch size is fixed: train mode was not run",))
        if case.drawn[0].given:
            return Verdict(notes=("train mode is not run on the user's examples",))
        figures = tuple(_figures(case))
        hints = [_hint(case, figure) for figure in figures if not figure.passed]
        return Verdict(figures, tuple(hints))


def _figures(case: Case) -> Iterator[Figure]:
    inputs = case.another(BATCH)
    entries = _statistics(case)
    keys = tuple(sorted({entry.key or "" for entry in entries}))
    first = case.oracle.training_run(inputs, None, keys, 0)
    second = case.oracle.training_run(inputs, None, keys, 1)
    random = any(
        not np.array_equal(value, second.outputs[name])
        for name, value in first.outputs.items()
    )
    count = case.draw_count if random else 1
    before = case.oracle.values(list(keys)) if keys else {}
    outputs: dict[str, tuple[Moments, Moments]] = defaultdict(_pair)
    moves: dict[str, tuple[Moments, Moments]] = defaultdict(_pair)
    for draw in range(count):
        run = case.oracle.training_run(inputs, None, keys, draw)
        names = tuple(entry.name for entry in entries)
        answer = case.candidate.run(inputs, noise=draw, training=True, state=names)
        for name, value in run.outputs.items():
            outputs[name][0].add(value)
            outputs[name][1].add(answer.outputs[name])
        for entry in entries:
            old = mapping.apply(entry.steps, before[entry.key or ""])
            new = mapping.apply(entry.steps, run.state[entry.key or ""])
            moves[entry.name][0].add(new - old)
            moves[entry.name][1].add(answer.state[entry.name] - old)
    for name, (truth, port) in outputs.items():
        yield from _output(name, truth, port, random)
    for entry in entries:
        old = mapping.apply(entry.steps, before[entry.key or ""])
        yield _update(entry, *moves[entry.name], old, random)


def _pair() -> tuple[Moments, Moments]:
    return Moments(), Moments()


def _output(name: str, truth: Moments, port: Moments, random: bool) -> Iterator[Figure]:
    if not random:
        scale = float(np.abs(truth.center).max(initial=0.0)) or 1.0
        error = float(np.abs(port.center - truth.center).max(initial=0.0)) / scale
        bound = tolerance.OUTPUT_CEILING
        yield Figure("output in training", name, error <= bound, error, bound, scale)
        return
    for kind, measure in (("mean", mean_deviation), ("spread", spread_deviation)):
        found = measure(port, truth)
        subject = f"{name} · {kind} of {truth.count} draws"
        yield Figure(
            "output in training", subject, found <= DEVIATIONS, found, DEVIATIONS
        )


def _update(
    entry: Entry, truth: Moments, port: Moments, old: np.ndarray, random: bool
) -> Figure:
    """How far a statistic moved, beside TensorFlow's."""
    size = float(np.linalg.norm(truth.center))
    value = float(np.linalg.norm(port.center))
    error = float(np.linalg.norm(port.center - truth.center)) / (size or 1.0)
    name, note = "update of statistics", ""
    passed = error <= UPDATE_AGREEMENT
    if not passed and random:
        passed = vector_deviation(port, truth) <= DEVIATIONS and value > 0.0
    if not passed and "var" in (entry.variable or "").rpartition("/")[2]:
        rest = _but_for_bessel(truth.center, port.center, old) / (size or 1.0)
        if rest <= UPDATE_AGREEMENT:
            passed, error = True, rest
            note = "the unbiased variance of the batch for the biased one"
    bound = UPDATE_AGREEMENT
    return Figure(name, entry.name, passed, error, bound, size, None, value, note)


def _but_for_bessel(truth: np.ndarray, port: np.ndarray, old: np.ndarray) -> float:
    """What is left of the difference of two moves m (b - old), where one takes c b more
    of the batch's variance b: c (move + m old), with m and c the same everywhere."""
    terms = np.stack([truth.ravel(), old.astype(np.float64).ravel()], 1)
    apart = (port - truth).ravel()
    (more, of_old), *_ = np.linalg.lstsq(terms, apart)
    near = UPDATE_AGREEMENT
    fits = -near <= more <= BESSEL + near and -near <= of_old <= more + near
    return float(np.linalg.norm(apart - terms @ (more, of_old))) if fits else np.inf


def _statistics(case: Case) -> list[Entry]:
    """Entries of float variables that are not trained: a run may update them."""
    own = {v.key for v in case.oracle.variables if v.dtype in FLOATS}
    frozen = {s.name for s in case.stored if not s.trainable and s.alias is None}
    return [e for e in case.port.state if e.key in own and e.name in frozen]


def _with_modes(case: Case) -> str:
    """The only region whose source tells training from inference, else the whole."""
    lines = case.port.code.splitlines()
    found = [
        region.id
        for region in case.port.regions
        if MODES.search("\n".join(lines[region.lines[0] - 1 : region.lines[1]]))
    ]
    return found[0] if len(found) == 1 else case.port.region_at_path("")


def _hint(case: Case, figure: Figure) -> Hint:
    if figure.name == "update of statistics":
        what = (
            f"{figure.subject} moves by {figure.value:.3g} in a training step, "
            f"TensorFlow's by {figure.scale:.3g}"
        )
        fix = "torch's momentum is 1 minus TensorFlow's; a frozen layer keeps still"
        region = case.port.region_of(figure.subject)
    else:
        unit = "standard deviations" if "draws" in figure.subject else "of its scale"
        what = (
            f"in training mode {figure.subject} differs by {figure.observed:.2g} {unit}"
        )
        fix = "look at dropout rates and at which layers use the batch's statistics"
        region = _with_modes(case)
    return Hint(
        Code.TRAIN_MODE,
        Priority.P2,
        region,
        what,
        fix,
        metric=figure.name,
        observed=figure.observed,
        expected=0.0,
        tolerance=figure.tolerance,
        direction=Direction.LOWER,
    )
