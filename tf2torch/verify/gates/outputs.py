"""Outputs gate: every output of every input set, against TensorFlow in float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tf2torch.diagnostics import Code, Direction, Hint, Priority
from tf2torch.verify import localise, precision, tolerance
from tf2torch.verify.distribution import (
    DEVIATIONS,
    Moments,
    mean_deviation,
    spread_deviation,
)
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.inputs import Sample
from tf2torch.verify.precision import Exact
from tf2torch.verify.sway import output_sway
from tf2torch.verify.tolerance import Judgement

FLOAT64 = "output error in float64"
PART = "element error in float64"
UNITS = {
    "distribution": "standard deviations",
    PART: "of its own size in one element",
}
UNPROVEN_CEILING = 1e-2  # at an edge, where float64 does not decide, or has agreed
UNJUDGED = "TensorFlow's own float32 error is above the ceiling: not judged"


@dataclass(frozen=True)
class Outputs:
    name = "outputs"
    hard = True
    dimension = Dimension.PARITY

    def check(self, case: Case) -> Verdict:
        figures: list[Figure] = []
        for sample in case.samples:
            found = figures_of_many if sample.large else figures_of
            figures += found(case, sample)
        notes = []
        random = _random_outputs(case)
        if random:
            for sample, drawn in random:
                figures += _distributions(case, sample, drawn)
            names = ", ".join(name for _, drawn in random for name in drawn)
            notes.append(
                f"drawn at random, so compared only in mean and spread of "
                f"{case.draw_count} draws: {names}"
            )
        if case.oracle.no_float64:
            notes.append(
                "no float64 run of the original: outputs are held against TensorFlow's "
                f"float32 at {tolerance.OUTPUT_CEILING:g} ({case.oracle.no_float64})"
            )
        if case.no_double:
            notes.append(f"the port does not run in float64: {case.no_double}")
        if case.oracle.kept_float32:
            kept = ", ".join(case.oracle.kept_float32)
            notes.append(f"in float32 within the float64 run: {kept}")
        hints = [*hints_of(figures), *_never_judged(figures)]
        failed = {f.subject.split(" · ")[1] for f in figures if not f.passed}
        wrong = [sample for sample in case.samples if sample.name in failed]
        sample = (wrong or case.samples)[0]
        hints = localise.point(case, hints, sample, gradients=False)
        return Verdict(tuple(figures), tuple(hints), tuple(notes))


def figures_of(case: Case, sample: Sample) -> Iterator[Figure]:
    truth, answer = case.truth(sample), case.answer(sample)
    for name, single in truth.single.outputs.items():
        if name in case.stochastic_in(sample):
            continue
        double = truth.double.outputs[name] if truth.double else None
        subject = f"{name} · {sample.name}"
        exact = _exact(case, sample, name)
        if exact is not None:
            passed = not exact.refutes
            yield Figure(FLOAT64, subject, passed, exact.error, exact.ceiling)
            if exact.refutes_part:
                yield Figure(PART, subject, False, exact.part, precision.ELEMENT)
        proven = exact is not None and exact.proves
        if tolerance.ill_conditioned(single, double) and not proven:
            yield Figure("output error", subject, True, note=UNJUDGED)
            continue
        eps = unit(truth.single.dtypes[name])
        port = answer.outputs[name]
        yield _figure(
            subject, tolerance.judge_output(port, single, double, eps, proven)
        )


def figures_of_many(case: Case, sample: Sample) -> list[Figure]:
    """The same of a set with many rows. The first rows have told how far float32 is off
    in TensorFlow itself: what agrees to K times that needs no float64."""
    first = {
        f.subject.split(" · ")[0]: f.own for f in figures_of(case, case.samples[0])
    }
    truth, answer = case.single(sample), case.answer(sample)
    figures = []
    for name, single in truth.outputs.items():
        if name in case.stochastic_in(sample):
            continue
        own = first.get(name) or 0.0
        bound = max(tolerance.FLOOR_ULPS * unit(truth.dtypes[name]), tolerance.K * own)
        bound = (
            min(bound, tolerance.OUTPUT_CEILING) if single.dtype.kind in "fc" else 0.0
        )
        judged = tolerance.judge_output(answer.outputs[name], single, None)
        if judged.problem or judged.error > bound:
            return list(figures_of(case, sample))
        figures.append(
            _figure(f"{name} · {sample.name}", replace(judged, tolerance=bound))
        )
    return figures


def figures_lazily(case: Case, sample: Sample) -> list[Figure]:
    """The same of a set that was chosen for its difference, or lies at an edge.

    Float64 runs only where float32 leaves a doubt. A search finds the roundings that
    suit the port least, not typical ones: below the ceiling they prove nothing, while
    in float64 there are none.
    """
    truth, answer = case.oracle.outputs_for(sample.arrays), case.answer(sample)
    floor = tolerance.FLOOR_ULPS * tolerance.EPS
    figures = []
    for name, single in truth.outputs.items():
        if name in case.stochastic_in(sample):
            continue
        judged = tolerance.judge_output(answer.outputs[name], single, None)
        if judged.problem or judged.error > floor:
            return list(_lenient(case, sample, list(figures_of(case, sample))))
        judged = replace(judged, tolerance=floor)
        figures.append(_figure(f"{name} · {sample.name}", judged))
    return figures


def _lenient(case: Case, sample: Sample, figures: list[Figure]) -> Iterator[Figure]:
    """Float32 errors pass below the ceiling; without float64 throughout, that is only
    known to be no other function. Where float64 has proven the same function, they pass
    further up, as far as roundings of the original itself would move its outputs: a
    form that loses its digits where TensorFlow's keeps them is no port of it."""
    proven = {f.subject for f in figures if f.name == FLOAT64 and _proves(f)}
    ceiling = tolerance.OUTPUT_CEILING if case.binding else UNPROVEN_CEILING
    for figure in figures:
        allowed = figure.tolerance or 0.0  # of integers and texts, none may differ
        measured = figure.name == "output error" and isinstance(figure.observed, float)
        if figure.note or not measured or not 0.0 < allowed < ceiling:
            yield figure
            continue
        observed, bound = float(figure.observed or 0.0), max(ceiling, allowed)
        if figure.subject in proven:
            bound = max(bound, UNPROVEN_CEILING)
            if observed > bound:
                name = figure.subject.split(" · ")[0]
                moved = output_sway(case, sample, name, observed / tolerance.K)
                bound = max(bound, tolerance.K * moved)
        yield replace(figure, passed=observed <= bound, tolerance=bound)


def _proves(figure: Figure) -> bool:
    return isinstance(figure.observed, float) and figure.observed <= precision.PROOF


def _exact(case: Case, sample: Sample, name: str) -> Exact | None:
    """The comparison in float64 on both sides, where there is one."""
    answer, truth = case.double_answer(sample), case.truth(sample).double
    if answer is None or truth is None or name not in answer.outputs:
        return None
    single, double = case.truth(sample).single.outputs[name], truth.outputs[name]
    error = precision.exact_output(answer.outputs[name], double)
    own = precision.exact_output(single, double) or 0.0
    binding = case.binding and answer.dtypes[name] == truth.dtypes[name]
    part = 0.0
    if case.widens:  # what the original keeps in float32 is within its own error
        part = precision.exact_part(answer.outputs[name], double, single)
    return None if error is None else Exact(error, binding, own, part)


def _random_outputs(case: Case) -> list[tuple[Sample, tuple[str, ...]]]:
    """Each output that is random on some input set, by the first such set."""
    seen: set[str] = set()
    found: list[tuple[Sample, tuple[str, ...]]] = []
    for sample in case.samples:
        names = tuple(n for n in case.stochastic_in(sample) if n not in seen)
        if names:
            found.append((sample, names))
            seen.update(names)
    return found


def _distributions(
    case: Case, sample: Sample, names: tuple[str, ...]
) -> Iterator[Figure]:
    """Of each random output: its mean and its spread, in standard deviations."""
    truths = {name: Moments() for name in names}
    ports = {name: Moments() for name in names}
    for run, answer in case.draws(None, sample):
        for name in names:
            truths[name].add(run.outputs[name])
            ports[name].add(answer.outputs[name])
    for name in names:
        for kind, measure in (("mean", mean_deviation), ("spread", spread_deviation)):
            found = measure(ports[name], truths[name])
            subject = f"{name} · {kind} of {case.draw_count} draws"
            passed = found <= DEVIATIONS
            yield Figure("distribution", subject, passed, found, DEVIATIONS)


def unit(dtype: str) -> float:
    """One unit in the last place, relative, of the dtype that rounds the result."""
    if dtype == "bfloat16":
        return 2.0**-7
    return float(np.finfo(np.float16).eps) if dtype == "float16" else tolerance.EPS


def _figure(subject: str, judged: Judgement) -> Figure:
    return Figure(
        "output error",
        subject,
        judged.passed,
        judged.error,
        judged.tolerance,
        judged.scale,
        judged.own,
        judged.value,
        judged.problem,
    )


def hints_of(figures: list[Figure]) -> Iterator[Hint]:
    """One hint per output: the set on which it is furthest off."""
    worst: dict[str, Figure] = {}
    for figure in figures:
        name = figure.subject.split(" · ")[0]
        if not figure.passed and _excess(figure) > _excess(worst.get(name)):
            worst[name] = figure
    for name, figure in worst.items():
        unstable = bool(figure.note)
        unit = UNITS.get(figure.name, "of its scale")
        what = figure.note or f"differs by {figure.observed:.2g} {unit}"
        yield Hint(
            Code.NUMERICAL_INSTABILITY if unstable else Code.OUTPUT_MISMATCH,
            Priority.P1,
            "",
            f"output {name} {what} on input set '{figure.subject.split(' · ')[1]}'",
            "compare the regions one by one, from the inputs on",
            metric=figure.name,
            observed=figure.observed,
            expected=0.0,
            tolerance=figure.tolerance,
            direction=Direction.LOWER,
        )


def _excess(figure: Figure | None) -> float:
    if figure is None:
        return -1.0
    return float(figure.observed or 0.0)


def _never_judged(figures: list[Figure]) -> Iterator[Hint]:
    measured = [figure for figure in figures if figure.name != FLOAT64]
    judged = {f.subject.split(" · ")[0] for f in measured if f.note != UNJUDGED}
    for name in sorted({f.subject.split(" · ")[0] for f in measured} - judged):
        yield Hint(
            Code.NUMERICAL_INSTABILITY,
            Priority.P2,
            "",
            f"output {name} was never judged: on every input set TensorFlow's own "
            f"float32 error is above {tolerance.OUTPUT_CEILING:g} of its scale",
            "bring typical inputs with --sample FILE.npz",
            metric="output error",
        )
