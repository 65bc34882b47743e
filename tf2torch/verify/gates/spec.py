"""Spec gate: the port runs and has the original's signature, at every size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify import localise
from tf2torch.verify.candidate import Answer
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.inputs import Sample
from tf2torch.verify.original.model import Run, Tensor
from tf2torch.verify.provenance import Input, Output

EMPTY = "empty batch"
ANOTHER_NOISE = 1  # seeds torch's generator unlike the first call: dropout would show


@dataclass(frozen=True)
class Spec:
    name = "spec"
    hard = True
    dimension = Dimension.STRUCTURE

    def check(self, case: Case) -> Verdict:
        hints = [*_signature(case)]
        figures = []
        wrong: list[Sample] = []
        for sample in case.samples:
            found = list(_compare(case.single(sample), case.answer(sample)))
            found += _nested(case, sample)
            hints += [h for h in found if h not in hints]
            wrong += [sample] if found else []
            figures.append(Figure("shapes and dtypes", sample.name, not found))
        for name, found in (
            (EMPTY, list(_empty_batch(case))),
            ("by keyword", list(_repeats(case, "keyword"))),
            ("same again", list(_repeats(case, "position"))),
        ):
            hints += found
            figures.append(Figure(name, "outputs", not found))
        sample = (wrong or case.samples)[0]
        hints = localise.point(case, hints, sample, gradients=False)
        return Verdict(tuple(figures), tuple(hints))


def _hint(code: Code, text: str, fix: str, observed: object, expected: object) -> Hint:
    return Hint(
        code,
        Priority.P1,
        "",
        text,
        fix,
        metric="signature",
        observed=str(observed),
        expected=str(expected),
    )


def _signature(case: Case) -> Iterator[Hint]:
    """What provenance.json claims about the signature is what TensorFlow says."""
    for kind, claimed, real in (
        ("input", case.port.inputs, case.oracle.inputs),
        ("output", case.port.outputs, case.oracle.outputs),
    ):
        names = sorted(item.name for item in claimed)
        expected = sorted(tensor.name for tensor in real)
        if names != expected:
            text = f"the port has {kind}s {names}, the signature {expected}"
            fix = f"take and give exactly the signature's {kind}s"
            yield _hint(Code.STRUCTURE, text, fix, names, expected)
            continue
        by_name = {tensor.name: tensor for tensor in real}
        for item in claimed:
            yield from _item(kind, item, by_name[item.name])


def _item(kind: str, item: Input | Output, real: Tensor) -> Iterator[Hint]:
    if item.dtype != real.dtype:
        text = f"{kind} {item.name} is {item.dtype}, TensorFlow's {real.dtype}"
        fix = "keep TensorFlow's dtype"
        yield _hint(Code.DTYPE_MISMATCH, text, fix, item.dtype, real.dtype)
    if kind == "input" and item.shape is not None and real.shape is not None:
        sizes = [-1 if isinstance(s, str) else s for s in item.shape]
        if sizes != list(real.shape):
            text = (
                f"input {item.name} has shape {sizes}, TensorFlow's {list(real.shape)}"
            )
            fix = "take every size that TensorFlow takes (-1 is open)"
            yield _hint(Code.SHAPE_MISMATCH, text, fix, sizes, list(real.shape))


def _compare(truth: Run, answer: Answer) -> Iterator[Hint]:
    """Names, dtypes and shapes of one run."""
    if set(truth.outputs) != set(answer.outputs):
        have, expected = sorted(answer.outputs), sorted(truth.outputs)
        text = f"forward returns {have}, TensorFlow {expected}"
        yield _hint(
            Code.STRUCTURE, text, "return exactly TensorFlow's outputs", have, expected
        )
        return
    for name, value in truth.outputs.items():
        dtype, expected_dtype = answer.dtypes[name], truth.dtypes[name]
        if dtype != expected_dtype:
            text = f"output {name} is {dtype}, TensorFlow's {expected_dtype}"
            fix = f"return {expected_dtype}"
            yield _hint(Code.DTYPE_MISMATCH, text, fix, dtype, expected_dtype)
        shape = answer.outputs[name].shape
        if shape != value.shape:
            have, expected = list(shape), list(value.shape)
            text = f"output {name} has shape {have}, TensorFlow's {expected}"
            fix = "follow the axes of the input that TensorFlow keeps"
            yield _hint(Code.SHAPE_MISMATCH, text, fix, have, expected)


def _nested(case: Case, sample: Sample) -> Iterator[Hint]:
    if case.answer(sample).nested and case.oracle.is_signature:
        expected = [tensor.name for tensor in case.oracle.outputs]
        text = "forward returns a nest, the signature has flat outputs"
        fix = "return the tensor, or a dict by output names"
        yield _hint(Code.STRUCTURE, text, fix, "nested", expected)


def _empty_batch(case: Case) -> Iterator[Hint]:
    ranges = case.drawn[0]
    if not ranges.empty_batch:
        return
    sample = Sample(EMPTY, case.rows(0))
    yield from _compare(case.truth(sample).single, case.answer(sample))


def _repeats(case: Case, style: str) -> Iterator[Hint]:
    """The same call again gives the same bits (a random output is drawn anew)."""
    sample = case.samples[0]
    first = case.answer(sample)
    again = case.candidate.run(sample.arrays, style=style, noise=ANOTHER_NOISE)
    for name, value in first.outputs.items():
        if name in case.stochastic:
            continue
        other = again.outputs.get(name)
        nan = value.dtype.kind in "fc"
        if other is None or not np.array_equal(value, other, equal_nan=nan):
            text = f"output {name} differs when called again by {style}"
            fix = "keep no state between calls, and draw nothing at random"
            yield _hint(Code.OUTPUT_MISMATCH, text, fix, "differs", "the same bits")
            return
