"""Search gate: looks for inputs on which the port parts from TensorFlow.

Two searches with a fixed number of runs. One draws examples over eight decades of scale
and offset and keeps the one that fares worst. The other climbs: along the gradient of
the difference where the two gradients differ, and else along TensorFlow's own, which
drives the outputs to where nobody has looked. What either finds is judged like any
other input set. Indices and texts are drawn anew instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from tf2torch.verify import localise
from tf2torch.verify.candidate import Answer
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.gates import outputs
from tf2torch.verify.inputs import Sample, port_seed
from tf2torch.verify.oracle import Rejected
from tf2torch.verify.original.model import Run
from tf2torch.verify.texts import long_texts, replaced, word_texts, words_beside
from tf2torch.verify.wire import Arrays

SCALES = 9  # examples of the first search, from 1e-5 to 1e3
CLIMBS = 4  # steps of the second
DRAWS = 4  # of a model with other inputs than floats
DRAWN = 8  # examples in each
TEXTS = 24  # examples with other texts
DIFFERENT = 1e-3  # of TensorFlow's gradient: above this the gradients differ


@dataclass(frozen=True)
class Search:
    name = "search"
    hard = True
    dimension = Dimension.PARITY

    def check(self, case: Case) -> Verdict:
        figures: list[Figure] = []
        hints = []
        for sample in _found(case):
            judged = outputs.figures_lazily(case, sample)
            figures += judged
            wrong = list(outputs.hints_of(judged))
            hints += localise.point(case, wrong, sample, gradients=False)
        return Verdict(tuple(figures), tuple(hints))


def _found(case: Case) -> Iterator[Sample]:
    if any(value.dtype.kind == "f" for value in case.one().values()):
        yield from _worst(case, "scales", _scaled(case))
        yield from _worst(case, "climb", _climbed(case))
    others = any(value.dtype.kind != "f" for value in case.one().values())
    if others and case.drawn[0].batch:
        yield from _worst(case, "draws", _redrawn(case))
    if any(value.dtype == object for value in case.one().values()):
        words = words_beside(case.port.folder) or case.oracle.words
        yield from _worst(case, "long texts", _with_texts(case, 2, long_texts))
        worded = partial(word_texts, words=words)
        yield from _worst(case, "words", _with_texts(case, 3, worded))


def _worst(case: Case, name: str, visited: Iterator[Arrays]) -> Iterator[Sample]:
    """The input set on which both are furthest apart, if TensorFlow took any."""
    worst, most = None, -1.0
    for arrays in visited:
        try:
            truth = case.oracle.outputs_for(arrays)
        except Rejected:
            continue
        apart = _apart(case, truth, case.candidate.run(arrays))
        if apart > most:
            worst, most = arrays, apart
    if worst is not None:
        yield Sample(f"search: {name}", worst)


def _apart(case: Case, truth: Run, answer: Answer) -> float:
    """The largest difference of an output, over that output's scale."""
    found = 0.0
    for name, value in truth.outputs.items():
        other = answer.outputs.get(name)
        if name in case.stochastic or other is None or other.shape != value.shape:
            continue
        if value.dtype.kind not in "fc":
            found = max(found, float((other != value).mean()) if value.size else 0.0)
            continue
        if (np.isfinite(other) != np.isfinite(value)).any():
            return float("inf")
        both = np.isfinite(value) & np.isfinite(other)
        if both.any():
            scale = float(np.abs(value[both]).max()) or 1.0
            found = max(found, float(np.abs(other[both] - value[both]).max()) / scale)
    return found


def _generator(case: Case, salt: int) -> np.random.Generator:
    """Nobody who wrote the port can have known its draws."""
    return np.random.default_rng([case.seed, port_seed(case.port.code.encode()), salt])


def _scaled(case: Case) -> Iterator[Arrays]:
    generator = _generator(case, 1)
    for exponent in np.linspace(-5.0, 3.0, SCALES):
        yield {
            key: _drawn(generator, value, 10.0**exponent)
            for key, value in case.one().items()
        }


def _drawn(
    generator: np.random.Generator, value: np.ndarray, scale: float
) -> np.ndarray:
    """Floats around an offset of their own scale; what else there is, as it was."""
    if value.dtype.kind != "f":
        return value
    noise = generator.standard_normal(value.shape) + generator.normal()
    return np.asarray(scale * noise, value.dtype)


def _climbed(case: Case) -> Iterator[Arrays]:
    """Each step is twice the one before it, in units of the inputs' own spread."""
    arrays = case.one()
    for step in range(CLIMBS):
        seed = case.seed + 1 + step
        directions = _directions(case, arrays, seed)
        if directions is None:
            return
        arrays = {
            key: _moved(value, directions[key], 0.25 * 2.0**step)
            if key in directions
            else value
            for key, value in arrays.items()
        }
        yield arrays


def _directions(case: Case, arrays: Arrays, seed: int) -> Arrays | None:
    """Per float input where to go; None where there is no gradient."""
    try:
        truth = case.oracle.truth(arrays, seed, case.weighed, double=False)
    except Rejected:
        return None
    if truth.no_gradient or not truth.single.input_gradients:
        return None
    answer = case.candidate.run(arrays, seed, weighed=case.weighed)
    found = {}
    for name, own in truth.single.input_gradients.items():
        port = answer.input_gradients.get(name, np.zeros_like(own))
        apart = np.nan_to_num(port.astype(np.float64) - own)
        differs = np.linalg.norm(apart) > DIFFERENT * np.linalg.norm(np.nan_to_num(own))
        found[name] = np.sign(apart if differs else np.nan_to_num(own))
    return found


def _moved(value: np.ndarray, direction: np.ndarray, step: float) -> np.ndarray:
    spread = float(np.std(value)) or 1.0
    return np.asarray(value + step * spread * direction, value.dtype)


def _redrawn(case: Case) -> Iterator[Arrays]:
    """Every second time each input's examples are in another order than the others'."""
    generator = _generator(case, 4)
    for draw in range(DRAWS):
        arrays = case.another(DRAWN, port_seed(case.port.code.encode()) + draw)
        if draw % 2:
            arrays = {key: _turned(generator, v) for key, v in arrays.items()}
        yield arrays


def _turned(generator: np.random.Generator, value: np.ndarray) -> np.ndarray:
    batched = value.ndim and len(value) == DRAWN
    return generator.permutation(value, axis=0) if batched else value


def _with_texts(
    case: Case,
    salt: int,
    draw: Callable[[tuple[int, ...], np.random.Generator], np.ndarray],
) -> Iterator[Arrays]:
    """Texts are hashed, cut and looked up in other ways when they are others."""
    generator = _generator(case, salt)
    arrays = case.samples[0].arrays
    for number in range(DRAWS):
        if case.drawn[0].batch:
            arrays = case.another(TEXTS, number)
        yield from replaced(arrays, lambda shape: draw(shape, generator))
