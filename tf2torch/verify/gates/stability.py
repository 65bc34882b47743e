"""Stability gate: edge values, and lower precision.

At the edges that float32 can compute (zeros, huge, tiny, ties …) the port has to agree
with TensorFlow as anywhere else, and must be finite wherever TensorFlow is, in its
gradients too. What becomes of NaN and infinity themselves, and of fp16, is told but
rejects nothing: there kernels of one framework already differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify import localise
from tf2torch.verify.candidate import Answer, PortFailed
from tf2torch.verify.edges import broken_sets, edge_sets
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.gates import outputs
from tf2torch.verify.inputs import Sample
from tf2torch.verify.oracle import Rejected
from tf2torch.verify.process import Refused
from tf2torch.verify.wire import Arrays

WITH_GRADIENTS = ("zeros", "ties")  # where square roots and norms have none
SEVERAL = 2  # rows where examples are to be alike
AUTOCASTS = ("bfloat16", "float16")
FLOAT16_RANGE = 6e4 / 4  # a sum of products passes what each of its tensors stays below


@dataclass(frozen=True)
class Stability:
    name = "stability"
    hard = True
    dimension = Dimension.PARITY

    def check(self, case: Case) -> Verdict:
        figures: list[Figure] = []
        hints: list[Hint] = []
        for sample in _edges(case):
            found = _at_edge(case, sample)
            wrong = list(outputs.hints_of(found))
            hints += localise.point(case, wrong, sample, gradients=False)
            figures += found
        for sample in _broken(case):
            swallowed = list(_swallowed(case, sample))
            figures += swallowed
            hints += [_soft_hint(case, f) for f in swallowed if not f.passed]
        figures_half, hints_half, notes = _autocast(case)
        return Verdict((*figures, *figures_half), (*hints, *hints_half), notes)


def _edges(case: Case) -> Iterator[Sample]:
    """Those that TensorFlow accepts."""
    several = case.rows(SEVERAL)
    for name, arrays in edge_sets(case.one(), several):
        yield from _accepted(case, Sample(name, arrays, name in WITH_GRADIENTS))


def _broken(case: Case) -> Iterator[Sample]:
    for name, arrays in broken_sets(case.one()):
        yield from _accepted(case, Sample(name, arrays))


def _accepted(case: Case, sample: Sample) -> Iterator[Sample]:
    try:
        case.oracle.outputs_for(sample.arrays)
    except Rejected:
        return
    yield sample


def _at_edge(case: Case, sample: Sample) -> list[Figure]:
    if not sample.gradients:
        return outputs.figures_lazily(case, sample)
    values = Sample(sample.name, sample.arrays)
    return [*outputs.figures_of(case, values), *_finite(case, sample)]


def _finite(case: Case, sample: Sample) -> Iterator[Figure]:
    """In float32, where a square root or a norm has no slope."""
    weighed = case.weighed_in(sample)
    found = case.oracle.truth(sample.arrays, case.seed, weighed, double=False)
    if found.no_gradient:
        return
    truth = found.single
    answer = case.candidate.run(sample.arrays, case.seed, weighed=weighed)
    finite = _all_finite(truth.gradients) and _all_finite(truth.input_gradients)
    for kind, gradients in (
        ("parameters", answer.gradients),
        ("inputs", answer.input_gradients),
    ):
        if finite and gradients:
            bad = sorted(n for n, g in gradients.items() if not np.isfinite(g).all())
            note = f"not finite: the gradient of {bad[0]}" if bad else ""
            subject = f"gradients of {kind} · {sample.name}"
            yield Figure("finite gradients", subject, not bad, note=note)


def _all_finite(arrays: Arrays) -> bool:
    return all(np.isfinite(v).all() for v in arrays.values() if v.dtype.kind in "fc")


def _swallowed(case: Case, sample: Sample) -> Iterator[Figure]:
    """A port must not hide what is broken. The other way round proves nothing:
    TensorFlow's own max and relu drop a NaN or keep it, as their kernels have it."""
    truth, answer = case.oracle.outputs_for(sample.arrays), case.answer(sample)
    for name, value in truth.outputs.items():
        if value.dtype.kind == "f" and name not in case.stochastic:
            broken = ~np.isfinite(value)
            hidden = int((broken & np.isfinite(answer.outputs[name])).sum())
            note = f"{hidden} of {int(broken.sum())} elements are finite"
            subject = f"{name} · {sample.name}"
            yield Figure(
                "broken inputs show", subject, not hidden, note=note if hidden else ""
            )


def _soft_hint(case: Case, figure: Figure) -> Hint:
    return Hint(
        Code.NUMERICAL_INSTABILITY,
        Priority.P3,
        case.port.region_at_path(""),
        f"output {figure.subject}: {figure.note}, in TensorFlow none is",
        "look for nan_to_num, a clamp or a where that TensorFlow has not",
        metric=figure.name,
        observed=figure.note,
        expected="not finite",
    )


def _autocast(
    case: Case,
) -> tuple[list[Figure], list[Hint], tuple[str, ...]]:
    """The port under torch.autocast is finite where TensorFlow's values have room."""
    sample = case.samples[0]
    truth = case.truth(sample).single
    figures, hints, notes = [], [], []
    floats = {n: v for n, v in truth.outputs.items() if v.dtype.kind == "f"}
    if not floats or not _all_finite(floats):
        return [], [], ()
    for dtype in AUTOCASTS:
        try:
            answer = case.candidate.run(case.one(), autocast=dtype)
        except PortFailed as failure:
            if failure.reason != "raised":
                raise
            notes.append(f"does not run under {dtype} autocast: {failure}")
            continue
        bad = _not_finite(floats, answer)
        room = not bad or _has_room(case, sample, dtype)
        figures.append(Figure(f"{dtype} autocast", "outputs", not bad or not room))
        if bad and room:
            hints.append(_hint(case, bad, dtype))
        elif bad:
            notes.append(f"{dtype} has no room for TensorFlow's own values")
    return figures, hints, tuple(notes)


def _not_finite(floats: Arrays, answer: Answer) -> str:
    for name in floats:
        value = answer.outputs.get(name)
        if value is not None and not np.isfinite(value.astype(np.float64)).all():
            return name
    return ""


def _has_room(case: Case, sample: Sample, dtype: str) -> bool:
    """Whether every tensor inside TensorFlow's run is in the range of ``dtype``."""
    if dtype != "float16":
        return True  # bfloat16 has the range of float32
    try:
        taps = case.oracle.taps(sample.arrays, case.seed)
    except Refused:
        return False
    ends = [end for tap in taps for end in (tap.value.low, tap.value.high)]
    return max(map(abs, ends), default=0.0) < FLOAT16_RANGE


def _hint(case: Case, output: str, dtype: str) -> Hint:
    return Hint(
        Code.NUMERICAL_INSTABILITY,
        Priority.P3,
        case.port.region_at_path(""),
        f"output {output} is not finite under {dtype} autocast, and TensorFlow's "
        "values stay within its range",
        "use the stable form (log_softmax, softplus, clamped norms) of what overflows",
        metric=f"{dtype} autocast",
        observed="not finite",
        expected="finite",
    )
