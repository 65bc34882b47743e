"""Gradients gate: of every trainable variable and every float input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from tf2torch.diagnostics import Code, Direction, Hint, Priority
from tf2torch.verify import localise, mapping, precision, tolerance
from tf2torch.verify.candidate import Answer
from tf2torch.verify.distribution import DEVIATIONS, Moments, vector_deviation
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.inputs import Sample
from tf2torch.verify.norms import finite_norm
from tf2torch.verify.oracle import Truth
from tf2torch.verify.original.model import Run
from tf2torch.verify.precision import Exact
from tf2torch.verify.provenance import Entry
from tf2torch.verify.sway import Sway
from tf2torch.verify.tolerance import Judgement

DEAD = "no gradient"
FLOAT64 = "gradient error in float64"
PART = "gradient element error in float64"
UNITS = {
    "distribution": "standard deviations",
    PART: "of its own size in one element",
}
UNJUDGED = "TensorFlow's own float32 error is above the ceiling: not judged"


@dataclass(frozen=True)
class Pair:
    """A gradient of the port beside TensorFlow's; zeros stand for none.

    ``reached`` says whether the port has the gradient at all.
    """

    subject: str
    port: np.ndarray
    single: np.ndarray
    double: np.ndarray | None
    reached: bool

    @property
    def truth(self) -> np.ndarray:
        return self.single if self.double is None else self.double


@dataclass(frozen=True)
class Gradients:
    name = "gradients"
    hard = True
    dimension = Dimension.TRAINABILITY

    def check(self, case: Case) -> Verdict:
        figures: list[Figure] = []
        for sample in case.samples:
            if sample.gradients:
                figures += _figures(case, sample)
            elif _unjudged(figures):
                figures += _figures(case, _with_gradients(sample))
        notes = []
        if case.stochastic and not case.oracle.no_gradient:
            figures += _distributions(case)
            notes.append(
                "gradients through random numbers are compared in the mean over "
                f"{case.draw_count} draws only"
            )
        if case.oracle.no_gradient:
            notes.append(
                "TensorFlow cannot differentiate the original, so gradients were not "
                f"compared ({case.oracle.no_gradient})"
            )
        hints = [*_hints(case, figures), *_never_judged(case, figures)]
        hints = localise.point(case, hints, case.samples[0], gradients=True)
        return Verdict(tuple(figures), tuple(hints), tuple(notes))


def _with_gradients(sample: Sample) -> Sample:
    return Sample(f"{sample.name}, gradients", sample.arrays, True)


def _unjudged(figures: list[Figure]) -> set[str]:
    """What has been looked at, but on no set could be judged."""
    measured = [figure for figure in figures if figure.name != FLOAT64]
    judged = {f.subject.split(" · ")[0] for f in measured if f.note != UNJUDGED}
    return {f.subject.split(" · ")[0] for f in measured} - judged


def _never_judged(case: Case, figures: list[Figure]) -> Iterator[Hint]:
    for name in sorted(_unjudged(figures)):
        yield Hint(
            Code.NUMERICAL_INSTABILITY,
            Priority.P2,
            case.port.region_of(name),
            f"gradient of {name} was never judged: on every input set TensorFlow's "
            f"own float32 error is above {tolerance.GRADIENT_CEILING:g} of its norm",
            "bring typical inputs with --sample FILE.npz",
            metric="gradient error",
        )


def _figures(case: Case, sample: Sample) -> Iterator[Figure]:
    truth = case.truth(sample)
    if truth.no_gradient or not truth.single.gradients | truth.single.input_gradients:
        return
    pairs = list(pairs_of(case, sample, truth, case.answer(sample)))
    largest = max((finite_norm(pair.truth) for pair in pairs), default=0.0)
    own = max((_own(pair) for pair in pairs), default=0.0)
    exact = _exact(case, sample, largest)
    moves = Sway(case, sample)
    for pair in pairs:
        subject = f"{pair.subject} · {sample.name}"
        found = exact.get(pair.subject)
        if found is not None:
            passed = not found.refutes
            yield Figure(FLOAT64, subject, passed, found.error, found.ceiling)
            if found.refutes_part:
                yield Figure(PART, subject, False, found.part, precision.ELEMENT)
        proven = own if found is not None and found.proves else None
        unclear = tolerance.gradient_ill_conditioned(pair.single, pair.double, largest)
        if unclear and proven is None:
            yield Figure("gradient error", subject, True, note=UNJUDGED)
            continue
        judge = partial(
            tolerance.judge_gradient, pair.port, pair.single, pair.double, largest
        )
        judged = judge(proven)
        if not judged.passed and proven is not None:
            judged = _swayed(judge, proven, moves)
        dead = not judged.passed and (not pair.reached or not pair.port.any())
        yield Figure(
            "gradient error",
            subject,
            judged.passed,
            judged.error,
            judged.tolerance,
            judged.scale,
            judged.own,
            judged.value,
            DEAD if dead else judged.problem,
        )


def _swayed(
    judge: Callable[[float], Judgement], proven: float, moves: Sway
) -> Judgement:
    """With what chance does to the gradients, as far as that has to be known."""
    judged = judge(proven)
    for moved in moves:
        judged = judge(max(proven, moved / tolerance.K))  # K is in its noise
        if judged.passed:
            break
    return judged


def _exact(case: Case, sample: Sample, largest: float) -> dict[str, Exact]:
    """By entry or input: the comparison in float64 on both sides."""
    answer, truth = case.double_answer(sample), case.truth(sample).double
    if answer is None or truth is None:
        return {}
    found = {}
    both, least = Truth(case.truth(sample).single, truth), precision.NOTHING * largest
    for pair in pairs_of(case, sample, both, answer):
        error = precision.exact_gradient(pair.port, pair.truth, largest)
        if error is not None:
            part = 0.0
            if case.binding:  # roundings anywhere may carry a value over a corner
                part = precision.exact_part(pair.port, pair.truth, pair.single, least)
            found[pair.subject] = Exact(error, case.binding, _own(pair), part)
    return found


def _own(pair: Pair) -> float:
    """TensorFlow's own relative error, of gradients that are more than noise."""
    if pair.double is None or not pair.double.any():
        return 0.0
    own = finite_norm(pair.single.astype(np.float64) - pair.double) / finite_norm(
        pair.double
    )
    return own if own < tolerance.NOISE else 0.0


def _distributions(case: Case) -> Iterator[Figure]:
    """Mean gradients of the loss over all outputs, also the random ones."""
    truths: dict[str, Moments] = defaultdict(Moments)
    ports: dict[str, Moments] = defaultdict(Moments)
    sample = case.samples[0]
    for run, answer in case.draws(case.seed):
        for pair in pairs_of(case, sample, Truth(run, None), answer):
            truths[pair.subject].add(pair.single)
            ports[pair.subject].add(pair.port)
    for name, truth in truths.items():
        found = vector_deviation(ports[name], truth)
        norm, value = finite_norm(truth.center), finite_norm(ports[name].center)
        dead = value == 0.0 and norm > 0.0 and not ports[name].variance.any()
        passed = found <= DEVIATIONS and not dead
        subject = f"{name} · mean of {case.draw_count} draws"
        note = DEAD if dead else ""
        yield Figure(
            "distribution", subject, passed, found, DEVIATIONS, norm, None, value, note
        )


def pairs_of(
    case: Case, sample: Sample, truth: Truth, answer: Answer
) -> Iterator[Pair]:
    """Trainable state entries, then float inputs."""
    trainable = {s.name for s in case.stored if s.trainable and s.alias is None}
    shapes = {v.key: v.shape for v in case.oracle.variables}
    for entry in case.port.state:
        if entry.key not in shapes or entry.name not in trainable:
            continue

        have = answer.gradients.get(entry.name)
        shape = shapes[entry.key]
        single = _of_entry(truth.single, entry, shape)
        double = _of_entry(truth.double, entry, shape) if truth.double else None
        port = np.zeros_like(single) if have is None else have
        yield Pair(entry.name, port, single, double, have is not None)
    yield from _inputs(sample, truth, answer)


def _of_entry(run: Run, entry: Entry, shape: tuple[int, ...]) -> np.ndarray:
    whole = run.gradients.get(entry.key or "")
    return mapping.apply(entry.steps, np.zeros(shape) if whole is None else whole)


def _inputs(sample: Sample, truth: Truth, answer: Answer) -> Iterator[Pair]:
    for name, value in sample.arrays.items():
        single = truth.single.input_gradients.get(name)
        have = answer.input_gradients.get(name)
        if single is None and have is None:
            continue
        zeros = np.zeros(value.shape, np.float32)
        double = truth.double.input_gradients.get(name, zeros) if truth.double else None
        yield Pair(
            f"input {name}",
            zeros if have is None else have,
            zeros if single is None else single,
            double,
            have is not None,
        )


def _hints(case: Case, figures: list[Figure]) -> Iterator[Hint]:
    """One hint per entry, on the set where it is furthest off."""
    worst: dict[str, Figure] = {}
    for figure in figures:
        name = figure.subject.split(" · ")[0]
        known = worst.get(name)
        if not figure.passed and (known is None or _rank(figure) > _rank(known)):
            worst[name] = figure
    for name, figure in worst.items():
        yield _hint(case, name, figure)


def _hint(case: Case, name: str, figure: Figure) -> Hint:
    region = case.port.region_of(name)
    if figure.note == DEAD:
        return Hint(
            Code.NO_GRADIENT,
            Priority.P1,
            region,
            f"no gradient reaches {name}; TensorFlow's has norm {figure.scale:.3g}",
            "look for detach, .data, no_grad, an integer cast or a branch left out "
            "between it and the outputs",
            metric="gradient norm",
            observed=0.0,
            expected=figure.scale,
            direction=Direction.HIGHER,
        )
    unstable = bool(figure.note)
    unit = UNITS.get(figure.name, "of TensorFlow's norm")
    what = figure.note or f"differs by {figure.observed:.2g} {unit}"
    return Hint(
        Code.NUMERICAL_INSTABILITY if unstable else Code.GRADIENT_MISMATCH,
        Priority.P1,
        region,
        f"gradient of {name}: {what}",
        "compare the derivative of each operation between it and the outputs",
        metric="gradient error",
        observed=figure.observed,
        expected=0.0,
        tolerance=figure.tolerance,
        direction=Direction.LOWER,
    )


def _rank(figure: Figure) -> tuple[bool, float]:
    """A gradient that is not there is worse than a wrong one."""
    return figure.note == DEAD, float(figure.observed or 0.0)
