"""What a gate is, and what it is given."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Protocol

import numpy as np

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify.candidate import Answer, Candidate, PortFailed, Stored
from tf2torch.verify.distribution import draws_for
from tf2torch.verify.inputs import Ranges, Sample
from tf2torch.verify.oracle import Oracle, Truth
from tf2torch.verify.original.model import Run
from tf2torch.verify.precision import casts
from tf2torch.verify.provenance import Port
from tf2torch.verify.task import Task
from tf2torch.verify.wire import Arrays

# A value that ends at one of two sides is drawn alike so often once in 2 ** 15 tries.
DRAWN_ALIKE = 16


class Dimension(Enum):
    """What is scored, the weightiest first."""

    TRAINABILITY = "trainability"
    PARITY = "input-output parity"
    STRUCTURE = "structural fidelity"
    STYLE = "style"
    METRIC = "task metric"


@dataclass(frozen=True)
class Figure:
    """One thing that was measured. ``subject`` is an output, an entry, a file …;
    ``scale`` is what relative figures are relative to, TensorFlow's own; ``value`` is
    the port's; ``own`` is TensorFlow's float32 error."""

    name: str
    subject: str
    passed: bool
    observed: float | str | None = None
    tolerance: float | None = None
    scale: float | None = None
    own: float | None = None
    value: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Timing:
    """Processor seconds of the same calls, round by round."""

    kind: str
    port: tuple[float, ...]
    original: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The port's best over TensorFlow's best."""
        return min(self.port) / max(min(self.original), 1e-9)


@dataclass(frozen=True)
class Verdict:
    """A gate passes when it has no hint of priority P1 or P2."""

    figures: tuple[Figure, ...] = ()
    hints: tuple[Hint, ...] = ()
    notes: tuple[str, ...] = ()
    timings: tuple[Timing, ...] = ()

    @property
    def passed(self) -> bool:
        return all(hint.priority > Priority.P2 for hint in self.hints)


class Gate(Protocol):
    """``hard``: a port that fails is wrong, and the dearer gates do not run."""

    @property
    def name(self) -> str: ...

    @property
    def hard(self) -> bool: ...

    @property
    def dimension(self) -> Dimension: ...

    def check(self, case: Case) -> Verdict: ...


@dataclass
class Case:
    """A port under test. The processes start when a gate first needs them, and each
    input set is run once however many gates look at it."""

    port: Port
    open_oracle: _OpenOracle
    open_candidate: _OpenCandidate
    draw: _Draw
    redraw: _Redraw
    seed: int
    task: Task | None = None
    good: tuple[str, ...] = ()  # regions found right although the port is not
    no_double: str = ""  # why the port has no float64 run
    _random: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _truths: dict[str, Truth] = field(default_factory=dict)
    _answers: dict[str, Answer] = field(default_factory=dict)
    _doubles: dict[str, Answer] = field(default_factory=dict)

    @cached_property
    def oracle(self) -> Oracle:
        return self.open_oracle()

    @cached_property
    def candidate(self) -> Candidate:
        return self.open_candidate()

    @cached_property
    def stored(self) -> tuple[Stored, ...]:
        """The port's state after loading; loads it."""
        return self.candidate.load()

    def double_answer(self, sample: Sample) -> Answer | None:
        """The port in float64, where TensorFlow and the port both have that."""
        truth = self.truth(sample)
        if truth.double is None or self.no_double:
            return None
        if sample.name not in self._doubles:
            seed = self.seed if truth.double.gradients else None
            try:
                answer = self.candidate.run(
                    sample.arrays, seed, weighed=self.weighed_in(sample), double=True
                )
            except PortFailed as failure:
                if failure.reason != "raised":
                    raise
                self.no_double = str(failure)
                return None
            self._doubles[sample.name] = answer
        return self._doubles[sample.name]

    @cached_property
    def binding(self) -> bool:
        """Whether both sides are in float64 throughout."""
        return not self.oracle.kept_float32 and self.widens

    @cached_property
    def widens(self) -> bool:
        """Whether the port is."""
        return not casts(self.port.code)

    @cached_property
    def drawn(self) -> tuple[Ranges, list[Sample]]:
        self.candidate.anew = self.oracle.writes  # as the original is run
        return self.draw(self.oracle)

    @property
    def stochastic(self) -> tuple[str, ...]:
        """The outputs that are random on the first input set."""
        return self.stochastic_in(self.samples[0])

    def stochastic_in(self, sample: Sample) -> tuple[str, ...]:
        """The outputs that differ between two runs of TensorFlow on the same inputs.

        A flag among the inputs may turn dropout on, so each set is asked about.
        """
        if not self.oracle.is_random:
            return ()
        if sample.name not in self._random:
            self._random[sample.name] = self._drawn_apart(sample)
        return self._random[sample.name]

    def _drawn_apart(self, sample: Sample) -> tuple[str, ...]:
        """What is random on the first input set may be drawn alike by chance elsewhere,
        where it saturates: that is asked for again before it is taken for settled."""
        first = self.oracle.draw(sample.arrays, None, 0).outputs
        usual = set() if sample is self.samples[0] else set(self.stochastic)
        found: set[str] = set()
        for number in range(1, DRAWN_ALIKE):
            found |= _unequal(first, self.oracle.draw(sample.arrays, None, number))
            if usual <= found:
                break
        return tuple(name for name in first if name in found)

    @property
    def weighed(self) -> list[str] | None:
        """The same on the first input set."""
        return self.weighed_in(self.samples[0])

    def weighed_in(self, sample: Sample) -> list[str] | None:
        """The outputs whose gradients can be compared number by number; None is all."""
        random = self.stochastic_in(sample)
        names = [tensor.name for tensor in self.oracle.outputs]
        return [name for name in names if name not in random] if random else None

    @cached_property
    def draw_count(self) -> int:
        return draws_for(sum(math.prod(stored.shape) for stored in self.stored))

    def draws(
        self, seed: int | None, sample: Sample | None = None
    ) -> Iterator[tuple[Run, Answer]]:
        """Runs of both on the first input set, each time with other random numbers."""
        inputs = (sample or self.samples[0]).arrays
        for number in range(self.draw_count):
            yield (
                self.oracle.draw(inputs, seed, number),
                self.candidate.run(inputs, seed, noise=number),
            )

    def another(self, batch: int, seed: int | None = None) -> Arrays:
        """One more set like the first, with that many examples."""
        return self.redraw(batch, self.seed if seed is None else seed)

    def one(self) -> Arrays:
        """One example, where the number of examples is free."""
        named = {sample.name: sample.arrays for sample in self.samples}
        return named.get("single", self.samples[0].arrays)

    @property
    def samples(self) -> list[Sample]:
        return self.drawn[1]

    def rows(self, count: int) -> Arrays:
        """The first rows of the first input set, where their number is free; 0 is what
        a model is given when there is nothing to do."""
        axes = {i.name: i.shape or () for i in self.port.inputs}
        batch = self.drawn[0].batch
        return {
            name: value[
                tuple(slice(count) if s in batch else slice(None) for s in axes[name])
            ]
            for name, value in self.samples[0].arrays.items()
        }

    def truth(self, sample: Sample) -> Truth:
        if sample.name not in self._truths:
            seed = self.seed if sample.gradients else None
            truth = self.oracle.truth(sample.arrays, seed, self.weighed_in(sample))
            self._truths[sample.name] = truth
        return self._truths[sample.name]

    def single(self, sample: Sample) -> Run:
        """TensorFlow in float32, which may be all that is asked."""
        if sample.large and sample.name not in self._truths:
            return self.oracle.outputs_for(sample.arrays)
        return self.truth(sample).single

    def answer(self, sample: Sample) -> Answer:
        """The port's answer, with gradients where TensorFlow has them."""
        if sample.name not in self._answers:
            self._load()
            wanted = sample.gradients and not self.truth(sample).no_gradient
            seed = self.seed if wanted else None
            weighed = self.weighed_in(sample)
            answer = self.candidate.run(sample.arrays, seed, weighed=weighed)
            self._answers[sample.name] = answer
        return self._answers[sample.name]

    def close(self) -> None:
        """End the candidate; the oracle belongs to the session."""
        if "candidate" in self.__dict__:
            self.candidate.close()

    def _load(self) -> None:
        assert self.stored is not None


def _unequal(first: Arrays, second: Run) -> set[str]:
    return {
        name
        for name, value in first.items()
        if not np.array_equal(
            value, second.outputs[name], equal_nan=value.dtype.kind in "fc"
        )
    }


class _OpenOracle(Protocol):
    def __call__(self) -> Oracle: ...


class _OpenCandidate(Protocol):
    def __call__(self) -> Candidate: ...


class _Redraw(Protocol):
    def __call__(self, batch: int, seed: int) -> Arrays: ...


class _Draw(Protocol):
    def __call__(self, oracle: Oracle) -> tuple[Ranges, list[Sample]]: ...


def failure_hint(port: Port, failure: PortFailed) -> Hint:
    """What to tell about a port that raised, was stopped or did what it may not."""
    region = _where(port, failure)
    fix = {
        "forbidden": "remove it: a port computes, and touches nothing outside itself",
        "time": "look for an endless loop, or for work done element by element",
        "memory": "look for a tensor that grows, or for a broadcast that was not meant",
        "processes": "remove it: a port runs in one process",
        "crash": "run model.py by hand on reference.npz to see where it dies",
    }.get(failure.reason, "run test_model.py, which shows the same traceback")
    evidence = (f"model.py:{failure.line}",) if failure.line else ()
    return Hint(
        Code.EXECUTION_ERROR,
        Priority.P1,
        region,
        str(failure),
        fix,
        metric="execution",
        observed=failure.reason,
        expected="runs",
        evidence=evidence,
    )


def _where(port: Port, failure: PortFailed) -> str:
    """The region of the state that a load names, of the module whose call raised, or
    of the source line."""
    if failure.module is not None:
        return port.region_at_path(failure.module)
    named = LOADED.search(str(failure))
    if named is not None and failure.reason == "raised":
        return port.region_of(named[1] or named[2])
    return region_at(port, failure.line)


# How load_state_dict names an entry that is missing, not expected or of another size.
LOADED = re.compile(r'key\(s\) in state_dict: "([^"]+)"|size mismatch for ([^:]+):')


def region_at(port: Port, line: int | None) -> str:
    """The region whose source lines hold ``line``, the shortest first."""
    inside = [r for r in port.regions if line and r.lines[0] <= line <= r.lines[1]]
    inside.sort(key=lambda region: region.lines[1] - region.lines[0])
    return inside[0].id if inside else ""
