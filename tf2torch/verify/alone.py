"""A region by itself: the original's tensors at its border in, and compare what leaves.

It is cheap, it needs nothing outside of the region to be right, and it judges values
and the region's own gradient. What it accepts still has to pass with the whole port.

A function that stands for a TF op takes the op's own tensors. The tensors of a module
are found by value among those that its TF nodes read and make, whatever their layout.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tf2torch.verify.candidate import Candidate, PortFailed
from tf2torch.verify.fingerprint import Match, compare, fingerprint
from tf2torch.verify.oracle import Around, Crossing, Oracle
from tf2torch.verify.process import Refused
from tf2torch.verify.provenance import Port, Region
from tf2torch.verify.wire import Arrays

AGREEMENT = 1e-3  # of the largest magnitude; the gates on the whole are tighter
MOST_NODES = 3  # of one function: its other calls are left to the whole
HIGHEST_RANK = 5
LONGEST = 200  # characters of a reason


@dataclass(frozen=True)
class Alone:
    """``passed`` is None where the region cannot be judged by itself; ``why`` says
    so, or what differs. Figures only: no tensor leaves the verifier."""

    passed: bool | None
    why: str


@dataclass(frozen=True)
class Bench:
    """What it takes to run a region: both sides, and the model's inputs."""

    port: Port
    oracle: Oracle
    candidate: Candidate
    inputs: Arrays
    seed: int


def found_alone(port: Port, name: str) -> Region | None:
    """The region called ``name``, where it can be judged by itself: a function in the
    place of a TF op, or a module inside of the model."""
    region = next((r for r in port.regions if r.id == name), None)
    if region is None or not (any(region.instances) or _is_gap(port, name)):
        return None
    return region


def _is_gap(port: Port, name: str) -> bool:
    return any(gap.region == name for gap in port.unported)


def check(bench: Bench, region: Region) -> Alone:
    """Needs a loaded candidate."""
    gap = _is_gap(bench.port, region.id)
    try:
        return _function(bench, region) if gap else _module(bench, region)
    except PortFailed as failure:
        where = f" (model.py:{failure.line})" if failure.line else ""
        return Alone(False, f"{failure}{where}")
    except Refused as refusal:
        why = str(refusal).splitlines()[0][:LONGEST]  # TensorFlow's may hold tensors
        return Alone(None, f"the original's tensors cannot be read: {why}")


def _function(bench: Bench, region: Region) -> Alone:
    for node in region.tf_nodes[:MOST_NODES]:
        around = bench.oracle.around(bench.inputs, (node,))
        names = tuple(dict.fromkeys(around.reads))
        order = [names.index(name) for name in around.reads]
        truth = bench.oracle.crossing(bench.inputs, names, around.makes, bench.seed)
        given = _prefixed("in", truth.inputs) | _prefixed("cot", truth.cotangents)
        found = bench.candidate.region(given, region.id, order)
        wrong = _differences(truth, found)
        if wrong:
            return Alone(False, wrong)
    return Alone(True, "agrees with TensorFlow's tensors")


def _module(bench: Bench, region: Region) -> Alone:
    path = next(path for path in region.instances if path)
    entered = bench.candidate.entering(bench.inputs, path)
    around = bench.oracle.around(bench.inputs, region.tf_nodes)
    entered = {name[3:]: value for name, value in entered.items()}
    ends = [_aligned(entered[str(i)], around) for i in range(len(entered))]
    if not ends or any(end is None for end in ends):
        return Alone(None, "what enters it is no tensor of the original")
    reads = tuple(name for name, _ in filter(None, ends))
    turns = [turn for _, turn in filter(None, ends)]
    makes = tuple(n for n in around.makes if n not in reads)
    fed = {
        f"in:{i}": around.values[name].transpose(turn)
        for i, (name, turn) in enumerate(zip(reads, turns, strict=True))
    }
    found = bench.candidate.region(fed)
    leaving = list(_part(found, "out:").values())  # in the order of the results
    outs = [_known(value, around, makes, turns) for value in leaving]
    if any(out is None for out in outs):
        return _unlike(leaving, around, makes)
    named = [(name, turn) for name, turn in filter(None, outs)]
    if any(turn is None for _, turn in named):
        return Alone(True, "its values agree; gradients are judged with the whole")
    return _gradient(bench, fed, reads, turns, named)


def _gradient(
    bench: Bench,
    fed: Arrays,
    reads: tuple[str, ...],
    turns: Sequence[tuple[int, ...]],
    outs: Sequence[tuple[str, tuple[int, ...] | None]],
) -> Alone:
    makes = tuple(name for name, _ in outs)
    if len(set(reads)) < len(reads):
        return Alone(True, "its values agree; gradients are judged with the whole")
    truth = bench.oracle.crossing(bench.inputs, reads, makes, bench.seed)
    given = dict(fed)
    for index, (_, turn) in enumerate(outs):
        if str(index) in truth.cotangents:
            given[f"cot:{index}"] = truth.cotangents[str(index)].transpose(turn)
    found = bench.candidate.region(given)
    expected = {k: v.transpose(turns[int(k)]) for k, v in truth.gradients.items()}
    wrong = _wrong("gradient at input", expected, _part(found, "grad:"))
    return Alone(not wrong, wrong or "values and gradients agree")


def _aligned(value: np.ndarray, around: Around) -> tuple[str, tuple[int, ...]] | None:
    """The tensor at the region's nodes that ``value`` is, and its axes' order."""
    for name in dict.fromkeys((*around.reads, *around.makes)):
        for turn in _turns(around.values[name], value.shape):
            if _agree(around.values[name].transpose(turn), value):
                return name, turn
    return None


def _known(
    value: np.ndarray,
    around: Around,
    makes: Sequence[str],
    turns: Sequence[tuple[int, ...]],
) -> tuple[str, tuple[int, ...] | None] | None:
    """The last tensor that the nodes make which ``value`` is. No order of axes where
    axes were merged or split."""
    print_ = fingerprint(value)
    for name in reversed(makes):
        truth = around.values[name]
        if truth.dtype == object or value.dtype == object:
            continue
        for turn in (*turns, *_turns(truth, value.shape)):
            if len(turn) == truth.ndim and _agree(truth.transpose(turn), value):
                return name, turn
        if compare(print_, fingerprint(truth), AGREEMENT) is Match.SAME:
            return name, None
    return None


def _turns(value: np.ndarray, shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The orders of axes in which ``value`` has ``shape``."""
    if value.ndim != len(shape) or value.ndim > HIGHEST_RANK:
        return
    for turn in itertools.permutations(range(value.ndim)):
        if tuple(value.shape[axis] for axis in turn) == shape:
            yield turn


def _differences(truth: Crossing, found: Arrays) -> str:
    outputs = _part(found, "out:")
    if set(outputs) < set(truth.outputs):
        return f"returns {len(outputs)} values, expected {len(truth.outputs)}"
    wrong = _wrong("output", truth.outputs, outputs)
    return wrong or _wrong("gradient at input", truth.gradients, _part(found, "grad:"))


def _wrong(what: str, expected: Arrays, found: Arrays) -> str:
    """The first that differs, in figures; '' when all agree."""
    for key, truth in expected.items():
        value = found.get(key)
        if value is None:
            if np.any(truth):
                return f"{what} {key}: none, TensorFlow has one"
            continue
        if value.dtype.kind != truth.dtype.kind and value.dtype != object:
            return f"{what} {key}: {value.dtype}, expected {truth.dtype}"
        if value.shape != truth.shape:
            return f"{what} {key}: shape {value.shape}, expected {truth.shape}"
        if not _agree(truth, value):
            return f"{what} {key}: {_figures(truth, value)}"
    return ""


def _figures(truth: np.ndarray, value: np.ndarray) -> str:
    if truth.dtype.kind not in "fiub":
        count = int(np.sum(truth != value))
        return f"{count} of {truth.size} elements differ"
    wide, mine = truth.astype(np.float64), value.astype(np.float64)
    with np.errstate(all="ignore"):
        worst = np.nanmax(np.abs(wide - mine), initial=0.0)
    return (
        f"largest difference {worst:.3g}, "
        f"mean {np.mean(mine):.4g} where TensorFlow has {np.mean(wide):.4g}, "
        f"range {_range(mine)} where TensorFlow has {_range(wide)}"
    )


def _range(value: np.ndarray) -> str:
    low, high = (value.min(), value.max()) if value.size else (0.0, 0.0)
    return f"[{low:.4g}, {high:.4g}]"


def _unlike(
    leaving: Sequence[np.ndarray], around: Around, makes: Sequence[str]
) -> Alone:
    for value in leaving:
        same = [n for n in makes if around.values[n].size == value.size]
        if same:
            truth = around.values[same[-1]].reshape(-1)
            figures = _figures(truth, value.reshape(-1))
            return Alone(False, f"what leaves it is wrong: {figures}")
    return Alone(None, "what leaves it has no counterpart in the original")


def _agree(truth: np.ndarray, value: np.ndarray) -> bool:
    if truth.shape != value.shape:
        return False
    if truth.dtype == object or value.dtype == object:
        return _texts(truth) == _texts(value)
    if truth.dtype.kind not in "fc":
        return bool(np.array_equal(truth, value))
    finite = truth[np.isfinite(truth)]
    scale = float(np.abs(finite).max(initial=0.0))
    return bool(
        np.allclose(value, truth, AGREEMENT, AGREEMENT * scale + 1e-12, equal_nan=True)
    )


def _texts(array: np.ndarray) -> list[object]:
    return [x.encode() if isinstance(x, str) else x for x in array.ravel().tolist()]


def _prefixed(word: str, arrays: Arrays) -> Arrays:
    return {f"{word}:{name}": value for name, value in arrays.items()}


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
