"""The oracle: the original model, run by TensorFlow in a sandboxed process."""

from __future__ import annotations

import dataclasses
import glob
import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.verify.fingerprint import from_json
from tf2torch.verify.original.model import Run, StateVariable, Tap, Tensor
from tf2torch.verify.process import Refused, Worker, WorkerFailed
from tf2torch.verify.sandbox import Access, Limits
from tf2torch.verify.steps import Course, Plan
from tf2torch.verify.wire import Arrays

OPEN_SECONDS = 600.0
RUN_SECONDS = 900.0
MODULE = "tf2torch.verify.oracle_worker"
# TensorFlow without the kernels of oneDNN, some of which end the process.
PLAIN_KERNELS = {"TF_ENABLE_ONEDNN_OPTS": "0"}


@dataclass(frozen=True)
class Question:
    """What the oracle is to open. ``keys`` are the variables the port claims;
    ``exported``: ``path`` is a live object that was saved."""

    path: Path
    signature: str | None
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    keys: tuple[str, ...]
    exported: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """``path``, or the files of the checkpoint of which it is the prefix."""
        if self.path.exists():
            return (self.path,)
        pattern = f"{glob.escape(self.path.name)}.*"
        return tuple(sorted(self.path.parent.glob(pattern)))


class Rejected(Exception):
    """TensorFlow refuses these inputs, and says why."""


@dataclass(frozen=True)
class Truth:
    """What TensorFlow computes: ``single`` in float32, ``double`` in float64.

    ``double`` is None where the graph has no float64 form; then ``single`` is the
    only yardstick. ``no_gradient`` says why TensorFlow cannot differentiate.
    """

    single: Run
    double: Run | None
    no_gradient: str = ""


@dataclass(frozen=True)
class Around:
    """Tensors at some TF nodes: which these read, which they make, and the values."""

    reads: tuple[str, ...]
    makes: tuple[str, ...]
    values: Arrays


@dataclass(frozen=True)
class Crossing:
    """What crosses a region's border, by position: values in and out, the loss's
    gradients (``cotangents``) at the outputs, and what the region makes of those at
    its inputs; floats without an entry have no gradient."""

    inputs: Arrays
    outputs: Arrays
    cotangents: Arrays
    gradients: Arrays


@dataclass(frozen=True)
class Ask:
    """One run. ``draw`` tells repeated draws of a random model apart, and those of
    the noise of relative size ``rounding`` that weights and inputs are off by."""

    inputs: Arrays
    seed: int | None
    precision: str
    weighed: list[str] | None = None
    draw: int = 0
    training: bool = False
    state: tuple[str, ...] = ()
    rounding: float = 0.0

    def digest(self) -> str:
        mode = f"{self.training} {self.state} {self.rounding}"
        known = f"{self.seed} {self.precision} {self.weighed} {self.draw} {mode}"
        return _digest(self.inputs, known)


class Oracle:
    """Answers are kept by content: the same inputs are run once."""

    def __init__(self, question: Question, limits: Limits, isolated: bool = True):
        self._start = (question.files, limits, isolated)
        self.has_crashed = False
        self._worker = self._started()
        self._question = question
        self._assigned: Arrays = {}
        self._known: dict[str, Run] = {}
        self._taps: dict[str, list[Tap]] = {}
        self._trained: dict[str, Course] = {}
        self.no_float64 = ""
        self.kept_float32: tuple[str, ...] = ()
        self.no_gradient = ""

    def _started(self) -> Worker:
        files, limits, isolated = self._start
        access = Access(read=files, whole_disk=True)
        settings = PLAIN_KERNELS if self.has_crashed else {}
        return Worker(MODULE, access, limits, isolated, settings)

    def open(self) -> None:
        """Start TensorFlow and load the model; SourceError when it cannot."""
        q = self._question
        try:
            answer, _ = self._worker.ask(
                "open",
                seconds=OPEN_SECONDS,
                path=str(q.path),
                signature=q.signature,
                inputs=[dataclasses.asdict(t) for t in q.inputs],
                outputs=[dataclasses.asdict(t) for t in q.outputs],
                keys=list(q.keys),
                exported=q.exported,
            )
        except (Refused, WorkerFailed) as error:
            raise SourceError(
                f"TensorFlow cannot open {q.path}: {error}; name the model that this "
                "port was made from with --source"
            ) from None
        self.inputs = tuple(_tensor(t) for t in answer["inputs"])
        self.outputs = tuple(_tensor(t) for t in answer["outputs"])
        self.is_signature = bool(answer["is_signature"])
        self.branches = bool(answer["branches"])
        self.is_random = bool(answer["is_random"])
        self.writes = bool(answer["writes"])
        self.trains = bool(answer["trains"])
        self.words = tuple(
            str(word).encode("utf-8", "surrogateescape") for word in answer["words"]
        )
        self.variables = tuple(
            StateVariable(**{**v, "shape": tuple(v["shape"])})
            for v in answer["variables"]
        )

    def truth(
        self,
        inputs: Arrays,
        seed: int | None,
        weighed: list[str] | None = None,
        double: bool = True,
    ) -> Truth:
        """Outputs, and gradients when a ``seed`` for the cotangents is given; without
        ``double`` in float32 alone."""
        if seed is not None and self.no_gradient:
            seed = None
        try:
            single = self._run(Ask(inputs, seed, "float32", weighed))
        except _NoGradient as error:
            self.no_gradient = str(error)
            seed = None
            single = self._run(Ask(inputs, seed, "float32", weighed))
        wide = self._double(Ask(inputs, seed, "float64", weighed)) if double else None
        return Truth(single, wide, self.no_gradient)

    def outputs_for(self, inputs: Arrays) -> Run:
        """One float32 run, without gradients; raises Rejected."""
        return self._run(Ask(inputs, None, "float32"))

    def spellings(self, words: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
        """Pools of texts that the decoders of the original take."""
        arrays = {"words": np.array([*words, b""], object)[:-1]}
        _, pools = self._worker.ask("spellings", arrays, seconds=RUN_SECONDS)
        return [tuple(pool) for pool in pools.values()]

    def draw(self, inputs: Arrays, seed: int | None, number: int) -> Run:
        """One float32 run of a random model; other numbers draw anew."""
        return self._run(Ask(inputs, seed, "float32", draw=number))

    def rounded(
        self,
        inputs: Arrays,
        seed: int | None,
        weighed: list[str] | None,
        size: float,
        draw: int,
    ) -> Run:
        """One float64 run with weights and inputs off by noise of relative ``size``."""
        return self._ask(Ask(inputs, seed, "float64", weighed, draw, rounding=size))

    def training_run(
        self, inputs: Arrays, seed: int | None, keys: tuple[str, ...], draw: int
    ) -> Run:
        """One float32 run in training mode, and what it leaves in ``keys``."""
        ask = Ask(inputs, seed, "float32", draw=draw, training=True, state=keys)
        return self._run(ask)

    def taps(self, inputs: Arrays, seed: int, double: bool = False) -> list[Tap]:
        """Every float tensor inside the original; Refused where there is no way in."""
        digest = _digest(inputs, f"taps {seed} {double}")
        if digest not in self._taps:
            answer, _ = self._worker.ask(
                "taps", inputs, seconds=RUN_SECONDS, seed=seed, double=double
            )
            self._taps[digest] = [
                Tap(name, from_json(value), from_json(gradient) if gradient else None)
                for name, value, gradient in answer["taps"]
            ]
        return self._taps[digest]

    def around(self, inputs: Arrays, nodes: tuple[str, ...]) -> Around:
        """The tensors that the TF nodes called ``nodes`` read and compute."""
        answer, arrays = self._worker.ask(
            "border", inputs, seconds=RUN_SECONDS, nodes=list(nodes)
        )
        return Around(tuple(answer["reads"]), tuple(answer["makes"]), arrays)

    def crossing(
        self, inputs: Arrays, reads: tuple[str, ...], makes: tuple[str, ...], seed: int
    ) -> Crossing:
        """Values and gradients of the tensors ``makes`` as a function of ``reads``."""
        answer, arrays = self._worker.ask(
            "border",
            inputs,
            seconds=RUN_SECONDS,
            nodes=None,
            inputs=list(reads),
            outputs=list(makes),
            seed=seed,
        )
        parts = [_part(arrays, p) for p in ("in:", "out:", "cot:", "grad:")]
        return Crossing(*parts)

    def train(self, inputs: Arrays, seed: int, keys: list[str], plan: Plan) -> Course:
        """Steps on the original, from its own weights."""
        digest = _digest(inputs, f"train {seed} {keys} {plan}")
        if digest not in self._trained:
            answer, arrays = self._worker.ask(
                "train",
                inputs,
                seconds=RUN_SECONDS,
                seed=seed,
                keys=keys,
                **dataclasses.asdict(plan),
            )
            moved, slots = _part(arrays, "moved:"), _part(arrays, "slot:")
            self._trained[digest] = Course(list(answer["losses"]), moved, slots)
        return self._trained[digest]

    def time(self, inputs: Arrays, seed: int | None) -> float:
        """Processor seconds of a float32 run, with gradients where there is a seed."""
        answer, _ = self._worker.ask("time", inputs, seconds=RUN_SECONDS, seed=seed)
        return float(answer["seconds"])

    def values(self, keys: list[str]) -> Arrays:
        return self._worker.ask("values", seconds=RUN_SECONDS, keys=keys)[1]

    def assign(self, values: Arrays) -> None:
        """Change variables of the float32 model; nothing known survives that."""
        self._known.clear()
        self._assigned |= values
        self._worker.ask("assign", values, seconds=RUN_SECONDS)

    def forget(self) -> None:
        """Drop every answer: the next ones are computed."""
        self._known, self._taps, self._trained = {}, {}, {}

    def _double(self, ask: Ask) -> Run | None:
        if self.no_float64:
            return None
        try:
            return self._run(ask)
        except (Refused, Rejected, _NoGradient) as error:
            self.no_float64 = str(error)
            return None

    def _run(self, ask: Ask) -> Run:
        digest = ask.digest()
        if digest not in self._known:
            self._known[digest] = self._ask(ask)
        return self._known[digest]

    def _ask(self, ask: Ask) -> Run:
        try:
            answer, arrays = self._worker.ask(
                "run",
                ask.inputs,
                seconds=RUN_SECONDS,
                precision=ask.precision,
                seed=ask.seed,
                weighed=ask.weighed,
                training=ask.training,
                state=list(ask.state),
                rounding=ask.rounding,
                draw=ask.draw,
            )
        except Refused as refusal:
            if refusal.kind == "inputs":
                raise Rejected(str(refusal)) from None
            if refusal.kind == "no gradient":
                raise _NoGradient(str(refusal)) from None
            raise
        except WorkerFailed as failure:
            if failure.reason != "crash":
                raise SourceError(
                    f"TensorFlow failed on the original: {failure}"
                ) from None
            crashed_before = self.has_crashed
            self._restart()
            if not crashed_before:
                return self._ask(ask)
            raise Rejected(f"TensorFlow itself crashes on them: {failure}") from None
        if ask.precision == "float64":
            self.kept_float32 = tuple(answer["kept"])
        return Run(
            _part(arrays, "out:"),
            answer["dtypes"],
            _part(arrays, "var:"),
            _part(arrays, "in:"),
            _part(arrays, "state:"),
        )

    def _restart(self) -> None:
        """TensorFlow anew after a crash, with other kernels."""
        self.has_crashed = True
        self._worker.close()
        self._worker = self._started()
        self.open()
        if self._assigned:
            self._worker.ask("assign", self._assigned, seconds=RUN_SECONDS)

    def close(self) -> None:
        self._worker.close()

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _NoGradient(Exception):
    pass


def _tensor(entry: dict[str, object]) -> Tensor:
    shape = entry["shape"]
    fixed = tuple(shape) if isinstance(shape, list) else None
    return Tensor(str(entry["name"]), str(entry["tensor"]), str(entry["dtype"]), fixed)


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}


def _digest(inputs: Arrays, rest: str) -> str:
    digest = hashlib.sha256(rest.encode())
    for name, value in sorted(inputs.items()):
        digest.update(f"{name} {value.dtype} {value.shape}".encode())
        if value.dtype == object:
            digest.update(repr(value.tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()
