"""Verifying ports of one source: TensorFlow starts once and is asked many times."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.verify import sandbox
from tf2torch.verify.alone import Alone, Bench, check, found_alone
from tf2torch.verify.candidate import Candidate, PortFailed, start
from tf2torch.verify.check import Tell, chosen_gates, run_gates, verified_regions
from tf2torch.verify.gate import Case
from tf2torch.verify.gates.style import ruff_findings
from tf2torch.verify.given import given
from tf2torch.verify.inputs import (
    Ranges,
    Sample,
    Sampler,
    port_seed,
    samples,
)
from tf2torch.verify.oracle import Oracle, Question, Rejected
from tf2torch.verify.original import live
from tf2torch.verify.original.model import Tensor
from tf2torch.verify.process import Worker
from tf2torch.verify.provenance import Port, read_port
from tf2torch.verify.readability import measure
from tf2torch.verify.scoreboard import Scoreboard
from tf2torch.verify.task import Task
from tf2torch.verify.texts import words_beside
from tf2torch.verify.wire import Arrays

BASE_MEMORY = 8 << 30  # TensorFlow itself and its graphs
ALONE_BATCH = 3
MODEL_COPIES = 24  # float32 and float64 copies, gradients, the checkpoint while read


@dataclass
class Session:
    """Use as a context manager. ``source``: a path, a live object, or None for what
    each port's provenance.json names. ``limits`` bound the candidate. ``trusting``: one
    process is forked for all candidates of a folder, which are no attacks; it sees the
    files that were there when it started, so another starts where one is replaced."""

    source: object = None
    isolated: bool = True
    limits: sandbox.Limits = sandbox.Limits()
    progress: Tell | None = None
    trusting: bool = False

    def __post_init__(self) -> None:
        sandbox.require(self.isolated)
        self._tell = self.progress or (lambda text: None)
        self._oracle: Oracle | None = None
        self._nursery: tuple[tuple[tuple[Path, int], ...], Worker] | None = None
        self._question: Question | None = None
        self._ranges: dict[str, Ranges] = {}
        self._saved: tempfile.TemporaryDirectory[str] | None = None

    def verify(
        self,
        folder: Path,
        sample: Arrays | None = None,
        seed: int = 0,
        gates: Sequence[str] | None = None,
        task: Task | None = None,
    ) -> Scoreboard:
        """Judge the port in ``folder``; its files are read once, at the start."""
        port = read_port(folder)
        chosen = chosen_gates(gates)
        question = self._ask_for(port)
        case = Case(
            port,
            lambda: self.oracle(question),
            lambda: self._candidate(port, question),
            lambda oracle: self._draw(port, oracle, sample, seed),
            lambda batch, draw: self._redraw(port, batch, draw, sample),
            seed,
            task,
        )
        try:
            results, hints = run_gates(case, chosen, self._tell)
            if "drawn" in case.__dict__:
                write_reference(case)
        finally:
            case.close()
        verified = verified_regions(port, results, hints, case.good)
        return Scoreboard(
            port.cls,
            fingerprint(port),
            seed,
            results,
            hints,
            verified,
            self.isolated,
            measure(port.code, ruff_findings(port.code)),
            port.absent,
            port.channels_first,
        )

    def alone(
        self, folder: Path, region: str, sample: Arrays | None = None, seed: int = 0
    ) -> Alone:
        """Judge one region of the port in ``folder`` by itself."""
        port = read_port(folder)
        found = found_alone(port, region)
        if found is None:
            return Alone(None, f"{region} is only judged with the whole")
        question = self._ask_for(port)
        oracle = self.oracle(question)
        inputs = sample if sample is not None else self._first(port, oracle, seed)
        with self._candidate(port, question) as candidate:
            try:
                candidate.load()
            except PortFailed as failure:
                return Alone(False, str(failure))
            return check(Bench(port, oracle, candidate, inputs, seed), found)

    def _candidate(self, port: Port, question: Question) -> Candidate:
        where = (question.files, self.limits, self.isolated)
        if not self.trusting:
            return Candidate(port, *where)
        files = tuple((path, path.stat().st_ino) for path in port.files)
        if self._nursery is None or self._nursery[0] != files or not self._ready():
            self._close_nursery()
            self._nursery = files, start(port, *where)
        return Candidate(port, *where, self._nursery[1])

    def _ready(self) -> bool:
        return self._nursery is not None and self._nursery[1].alive

    def _close_nursery(self) -> None:
        if self._ready() and self._nursery is not None:
            self._nursery[1].close()
        self._nursery = None

    def _first(self, port: Port, oracle: Oracle, seed: int) -> Arrays:
        """One small set of inputs, the same for every version of a port."""
        self._draw(port, oracle, None, seed)  # looks for what TensorFlow accepts
        return self._redraw(port, ALONE_BATCH, seed)

    def oracle(self, question: Question) -> Oracle:
        """TensorFlow with the original open; kept until another one is asked for."""
        if self._oracle is not None and question == self._question:
            return self._oracle
        self._close_oracle()
        self._tell("starting TensorFlow")
        oracle = Oracle(question, _oracle_limits(question.path), self.isolated)
        try:
            oracle.open()
        except BaseException:
            oracle.close()
            raise
        self._oracle, self._question, self._ranges = oracle, question, {}
        return oracle

    def close(self) -> None:
        self._close_oracle()
        self._close_nursery()
        if self._saved is not None:
            self._saved.cleanup()
            self._saved = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _close_oracle(self) -> None:
        if self._oracle is not None:
            self._oracle.close()
        self._oracle = self._question = None

    def _ask_for(self, port: Port) -> Question:
        inputs = tuple(
            Tensor(i.name, i.tensor, i.dtype, _open(i.shape)) for i in port.inputs
        )
        outputs = tuple(
            Tensor(o.name, o.tensor, o.dtype, _open(o.shape)) for o in port.outputs
        )
        keys = tuple(sorted({e.key for e in port.state if e.key is not None}))
        signature = port.source.get("signature")
        if self.source is None or isinstance(self.source, str | Path):
            path = _existing(port, self.source)
            return Question(path, signature, inputs, outputs, keys)
        if self._saved is None:
            self._saved = tempfile.TemporaryDirectory(prefix="tf2torch-live-")
            live.save(self.source, signature, inputs, self._saved.name)
        return Question(Path(self._saved.name), signature, inputs, outputs, keys, True)

    def _redraw(
        self, port: Port, batch: int, seed: int, sample: Arrays | None = None
    ) -> Arrays:
        if sample is not None:
            return given(sample, port.inputs).redraw(batch, seed)
        assert self._oracle is not None
        sampler, known = _sampler(port, self._oracle)
        return sampler.draw(self._ranges[known], "normal", batch, seed)

    def _draw(
        self, port: Port, oracle: Oracle, sample: Arrays | None, seed: int
    ) -> tuple[Ranges, list[Sample]]:

        def accepts(arrays: Arrays) -> bool:
            try:
                oracle.outputs_for(arrays)
            except Rejected:
                return False
            return True

        def told(arrays: Arrays) -> bool:
            """Whether anything comes out: torch's convolutions refuse what is empty."""
            return any(v.size for v in oracle.outputs_for(arrays).outputs.values())

        if sample is not None:
            fresh = port_seed(port.code.encode())
            own = given(sample, port.inputs)
            first, *parts = own.samples(fresh)
            if not accepts(first.arrays):  # a graph that takes all rows only
                first, *parts = own.samples(fresh, few=None)
            kept = (p for p in parts if accepts(p.arrays) and told(p.arrays))
            return own.ranges(accepts), [first, *kept]
        self._tell("looking for inputs that TensorFlow accepts")
        sampler, known = _sampler(port, oracle)
        if known not in self._ranges:
            words = words_beside(port.folder)
            self._ranges[known] = sampler.probe(
                accepts, lambda: oracle.spellings(words)
            )
        ranges = self._ranges[known]
        return ranges, samples(sampler, ranges, seed, port_seed(port.code.encode()))


def _sampler(port: Port, oracle: Oracle) -> tuple[Sampler, str]:
    """It, and a digest of what it draws from."""
    words = words_beside(port.folder) or oracle.words
    known = hashlib.sha256(repr((port.inputs, words)).encode()).hexdigest()
    return Sampler(port.inputs, words, str(port.source.get("fingerprint"))), known


def fingerprint(port: Port) -> str:
    """sha256 over the files that the port runs from."""
    digest = hashlib.sha256()
    for path in port.files:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def write_reference(case: Case) -> None:
    """``reference.npz``: inputs and TensorFlow's float32 outputs, for test_model.py.

    An output that is drawn at random has no reference.
    """
    sample = case.samples[0]
    truth = case.truth(sample).single
    drawn = case.stochastic_in(sample)
    settled = {n: v for n, v in truth.outputs.items() if n not in drawn}
    parameters = {i.name: i.parameter for i in case.port.inputs}
    axes = {i.name: i.axes for i in case.port.inputs}
    arrays = {
        f"input:{parameters[n]}": _fixed(v.transpose(axes[n]) if axes[n] else v)
        for n, v in sample.arrays.items()
    }
    axes = {o.name: o.axes for o in case.port.outputs}  # as claimed: one may be missing
    arrays |= {
        f"output:{n}": _fixed(v.transpose(axes[n]) if axes.get(n) else v)
        for n, v in settled.items()
    }
    np.savez(case.port.folder / "reference.npz", **arrays)  # type: ignore[arg-type] # a stub that takes no mapping


def _fixed(array: np.ndarray) -> np.ndarray:
    """Strings in fixed width: an .npz without pickles holds no objects."""
    return array.astype(bytes) if array.dtype == object else array


def load_sample(sample: str | Path | Mapping[str, object] | None) -> Arrays | None:
    """Arrays by input name, from a dict or an ``.npz`` (never pickled)."""
    if sample is None:
        return None
    if isinstance(sample, str | Path):
        try:
            with np.load(sample, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError) as error:
            raise SourceError(f"{sample} is no readable .npz file: {error}") from None
    return {name: np.asarray(value) for name, value in sample.items()}


def with_seconds(seconds: float) -> sandbox.Limits:
    """The usual limits with another time for one answer."""
    return replace(sandbox.Limits(), seconds=seconds)


def _existing(port: Port, source: str | Path | None) -> Path:
    named = source or port.source.get("path")
    if not named:
        raise SourceError(
            f"{port.folder}/provenance.json names no source (it was a live object): "
            "save that as a SavedModel and name it with --source"
        )
    path = Path(named)
    if not path.exists() and not Path(f"{named}.meta").exists():
        raise SourceError(f"{path} does not exist: name the original with --source")
    return path.resolve()


def _open(shape: tuple[int | str, ...] | None) -> tuple[int, ...] | None:
    if shape is None:
        return None
    return tuple(-1 if isinstance(size, str) else size for size in shape)


def _oracle_limits(path: Path) -> sandbox.Limits:
    files = path.rglob("*") if path.is_dir() else path.parent.glob(path.stem + "*")
    size = sum(f.stat().st_size for f in files if f.is_file())
    scratch = sandbox.Limits().scratch + 4 * size
    memory = BASE_MEMORY + MODEL_COPIES * size
    return sandbox.Limits(memory=memory, scratch=scratch)
