"""Trainability gate: some optimizer steps from the same weights on the same data.

The gradients gate looks at one point; training visits others. A port that keeps
something derived from its weights, or updates them in a place that the forward pass
does not read, parts from the original after the first step.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tf2torch.diagnostics import Code, Direction, Hint, Priority
from tf2torch.verify import mapping
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.inputs import Sample
from tf2torch.verify.norms import norm
from tf2torch.verify.provenance import Entry
from tf2torch.verify.steps import ADAM_RATE, SLOTS, STEPS, Course, Plan, sgd_rate
from tf2torch.verify.wire import Arrays

# Of the change of the weights, over all steps. In float64 both sides round nothing
# that shows; in float32 each step adds the error that a gradient may have.
DOUBLE_AGREEMENT = 1e-4
SINGLE_AGREEMENT = 2e-2

# Adam divides a gradient by its own size, rounding noise too: entries whose gradient is
# less than this part of the largest are judged by the loss alone.
NOISE = 1e-5


# Overfitting: the squared loss towards outputs that the port itself can reach must
# fall to this part of what it was within so many steps. Most ports need a few.
FALLEN = 0.5
OVERFIT_STEPS = 30


@dataclass(frozen=True)
class Trainability:
    name = "trainability"
    hard = True
    dimension = Dimension.TRAINABILITY

    def check(self, case: Case) -> Verdict:
        sample = case.samples[0]
        truth = case.truth(sample)
        if truth.no_gradient or not truth.single.gradients or case.stochastic:
            why = "no gradients to train with" if not case.stochastic else "random"
            return Verdict(notes=(f"no steps were taken: {why}",))
        figures: list[Figure] = []
        gradients = _gradients(case, sample, _trainable(case))
        for kind in STEPS:
            figures += _figures(case, sample, kind, gradients)
        figures += _overfit(case)
        hints = [_hint(case, figure) for figure in figures if not figure.passed]
        return Verdict(tuple(figures), tuple(hints))


def _figures(
    case: Case, sample: Sample, kind: str, gradients: Arrays
) -> Iterator[Figure]:
    double = case.double_answer(sample) is not None and case.binding
    entries = _trainable(case)
    rate = _rate(case, gradients) if kind == "sgd" else ADAM_RATE
    plan = Plan(kind, rate, STEPS[kind], double)
    inputs = _smallest(case).arrays
    with ThreadPoolExecutor(1) as beside:  # the two processes work at the same time
        answer = beside.submit(case.candidate.train, inputs, case.seed, plan)
        course = _course(case, inputs, entries, plan)
        port = answer.result()
    agreement = DOUBLE_AGREEMENT if double else SINGLE_AGREEMENT
    finite = bool(np.isfinite(port.losses).all())
    if not finite and np.isfinite(course.losses).all():
        yield Figure(f"{kind} loss", "loss", False, note="not finite")
        return
    error = _loss_error(port.losses, course.losses)
    yield Figure(f"{kind} loss", "loss", error <= agreement, error, agreement)
    yield from _moves(entries, gradients, kind, course, port, agreement)


def _moves(
    entries: list[Entry],
    gradients: Arrays,
    kind: str,
    course: Course,
    port: Course,
    agreement: float,
) -> Iterator[Figure]:
    largest = max((norm(g) for g in gradients.values()), default=0.0)
    for entry in entries:
        truth = course.moved[entry.name]
        if norm(gradients[entry.name]) <= NOISE * largest:
            continue
        moved, size = port.moved[entry.name], norm(truth)
        error = norm(moved - truth) / (size or 1.0)
        note = "does not move" if size and not moved.any() else ""
        passed = error <= agreement
        yield Figure(
            f"{kind} change",
            entry.name,
            passed,
            error,
            agreement,
            size,
            None,
            norm(moved),
            "" if passed else note,
        )
        if passed:
            yield from _slots(entry, kind, course, port, agreement)


def _slots(
    entry: Entry, kind: str, course: Course, port: Course, agreement: float
) -> Iterator[Figure]:
    """What the optimizer remembers of the entry, beside TensorFlow's."""
    for slot in SLOTS[kind]:
        truth, have = (c.slots.get(f"{slot}:{entry.name}") for c in (course, port))
        if truth is None or have is None:
            continue
        size = norm(truth)
        error = norm(have - truth) / (size or 1.0)
        bound = 2 * agreement  # of Adam's squares: twice the error of what is squared
        name = f"{kind} {slot}"
        yield Figure(name, entry.name, error <= bound, error, bound, size)


def _overfit(case: Case) -> Iterator[Figure]:
    """Whether the port learns one batch at all; TensorFlow's gradients are the same
    by now, so nothing but the port is run."""
    inputs = _smallest(case).arrays
    losses = case.candidate.overfit(inputs, case.seed, OVERFIT_STEPS, FALLEN)
    if not losses or not losses[0]:
        return
    fallen = min(losses) / losses[0] if np.isfinite(losses).all() else float("inf")
    subject = f"loss after {len(losses) - 1} steps"
    yield Figure("overfits one batch", subject, fallen <= FALLEN, fallen, FALLEN)


def _trainable(case: Case) -> list[Entry]:
    trainable = {s.name for s in case.stored if s.trainable and s.alias is None}
    keys = {v.key for v in case.oracle.variables}
    return [e for e in case.port.state if e.name in trainable and e.key in keys]


def _gradients(case: Case, sample: Sample, entries: list[Entry]) -> Arrays:
    run = case.truth(sample).double or case.truth(sample).single
    shapes = {v.key: v.shape for v in case.oracle.variables}
    found = {}
    for entry in entries:
        whole = run.gradients.get(entry.key or "")
        whole = np.zeros(shapes[entry.key or ""]) if whole is None else whole
        found[entry.name] = mapping.apply(entry.steps, whole)
    return found


def _rate(case: Case, gradients: Arrays) -> float:
    return sgd_rate(case.candidate.state(list(gradients)), gradients)


def _smallest(case: Case) -> Sample:
    """Steps are dear, and one example is enough to part two functions."""
    return min(case.samples, key=lambda s: sum(a.size for a in s.arrays.values()))


def _course(case: Case, inputs: Arrays, entries: list[Entry], plan: Plan) -> Course:
    keys = sorted({entry.key or "" for entry in entries})
    found = case.oracle.train(inputs, case.seed, keys, plan)
    moved = {e.name: mapping.apply(e.steps, found.moved[e.key or ""]) for e in entries}
    slots = {
        f"{slot}:{entry.name}": mapping.apply(entry.steps, value)
        for entry in entries
        for slot in SLOTS[plan.kind]
        if (value := found.slots.get(f"{slot}:{entry.key}")) is not None
    }
    return Course(found.losses, moved, slots)


def _loss_error(port: list[float], truth: list[float]) -> float:
    """The largest difference over the size of the loss and of its change."""
    scale = max(abs(value) for value in truth) or 1.0
    return max(abs(p - t) for p, t in zip(port, truth, strict=True)) / scale


def _hint(case: Case, figure: Figure) -> Hint:
    kind = figure.name.split()[0]
    if kind == "overfits":
        return _not_learning(case, figure)
    if figure.note == "does not move":
        code, what = Code.NO_GRADIENT, f"{figure.subject} does not move under {kind}"
    elif figure.note == "not finite":
        code, what = Code.NUMERICAL_INSTABILITY, f"the loss is not finite under {kind}"
    else:
        code = Code.GRADIENT_MISMATCH
        what = (
            f"after {STEPS[kind]} steps of {kind} {figure.subject} is off by "
            f"{figure.observed:.2g} of what TensorFlow's has changed"
        )
    entry = "" if figure.subject == "loss" else figure.subject
    return Hint(
        code,
        Priority.P1,
        case.port.region_of(entry),
        what,
        "look for state that is derived from a weight once and kept",
        metric=figure.name,
        observed=figure.observed,
        expected=0.0,
        tolerance=figure.tolerance,
        direction=Direction.LOWER,
    )


def _not_learning(case: Case, figure: Figure) -> Hint:
    """Told, and no reason to reject: the gradients agree with TensorFlow's."""
    return Hint(
        Code.NO_GRADIENT,
        Priority.P3,
        case.port.region_at_path(""),
        f"the port does not overfit one batch: the loss falls to {figure.observed:.2g} "
        "of what it was",
        "look for saturated activations; the original may have them as well",
        metric=figure.name,
        observed=figure.observed,
        expected=0.0,
        tolerance=FALLEN,
        direction=Direction.LOWER,
    )
