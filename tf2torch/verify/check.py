"""Runs the gates on a port, cheap to dear, and gathers what they found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tf2torch.diagnostics import Hint, SourceError
from tf2torch.verify import sandbox
from tf2torch.verify.candidate import Candidate, PortFailed
from tf2torch.verify.gate import Case, Gate, Verdict, failure_hint
from tf2torch.verify.gates import GATES
from tf2torch.verify.inputs import (
    Ranges,
    Sample,
    Sampler,
    Unsampled,
    from_file,
    port_seed,
    samples,
)
from tf2torch.verify.oracle import Oracle, Question, Rejected
from tf2torch.verify.original.model import Tensor
from tf2torch.verify.provenance import Port, read_port
from tf2torch.verify.scoreboard import GateResult, Scoreboard
from tf2torch.verify.wire import Arrays

BASE_MEMORY = 8 << 30  # TensorFlow itself and its graphs
MODEL_COPIES = 24  # float32 and float64 copies, gradients, the checkpoint while read


def check(
    folder: Path,
    source: Path | None,
    sample: Arrays | None,
    seed: int,
    progress: Callable[[str], None] | None,
    isolated: bool,
    names: Sequence[str] | None,
) -> Scoreboard:
    sandbox.require(isolated)
    port = read_port(folder)
    path = _source_path(port, source)
    tell = progress or (lambda text: None)

    def open_oracle() -> Oracle:
        tell("starting TensorFlow")
        oracle = Oracle(_question(port, path), _oracle_limits(path), isolated)
        try:
            oracle.open()
        except BaseException:
            oracle.close()
            raise
        return oracle

    def draw(oracle: Oracle) -> tuple[Ranges, list[Sample]]:
        tell("looking for inputs that TensorFlow accepts")
        return _draw(port, oracle, sample, seed)

    def open_candidate() -> Candidate:
        return Candidate(port, (path.resolve(),), isolated)

    case = Case(port, open_oracle, open_candidate, draw, seed)
    try:
        results, hints = run_gates(case, _chosen(names), tell)
    finally:
        case.close()
    verified = _verified(port, results, hints)
    return Scoreboard(
        port.cls, _fingerprint(port), seed, results, hints, verified, isolated
    )


def run_gates(
    case: Case, gates: Iterable[Gate], tell: Callable[[str], None]
) -> tuple[tuple[GateResult, ...], tuple[Hint, ...]]:
    """In order; once a hard gate has failed the rest is skipped."""
    results: list[GateResult] = []
    hints: list[Hint] = []
    stopped = ""
    for gate in gates:
        if stopped:
            why = f"not run: {stopped} failed"
            results.append(
                GateResult(gate.name, gate.hard, gate.dimension, False, skipped=why)
            )
            continue
        tell(gate.name)
        verdict = _verdict(gate, case)
        hints += verdict.hints
        results.append(
            GateResult(
                gate.name,
                gate.hard,
                gate.dimension,
                verdict.passed,
                verdict.figures,
                verdict.notes,
            )
        )
        if gate.hard and not verdict.passed:
            stopped = gate.name
    ordered = sorted(hints, key=lambda hint: hint.priority)
    return tuple(results), tuple(ordered)


def _verdict(gate: Gate, case: Case) -> Verdict:
    try:
        return gate.check(case)
    except PortFailed as failure:
        return Verdict(hints=(failure_hint(case.port, failure),))
    except Unsampled as error:
        raise SourceError(str(error)) from None
    except Rejected as error:
        raise SourceError(f"TensorFlow refuses the inputs: {error}") from None


def _chosen(names: Sequence[str] | None) -> list[Gate]:
    known = {gate.name: gate for gate in GATES}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise SourceError(f"no gate '{unknown[0]}': choose from {', '.join(known)}")
    return [gate for gate in GATES if names is None or gate.name in names]


def _source_path(port: Port, source: Path | None) -> Path:
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


def _question(port: Port, path: Path) -> Question:
    return Question(
        path,
        port.source.get("signature"),
        tuple(Tensor(i.name, i.tensor, i.dtype, _open(i.shape)) for i in port.inputs),
        tuple(Tensor(o.name, o.tensor, o.dtype, _open(o.shape)) for o in port.outputs),
        tuple(sorted({e.key for e in port.state if e.key is not None})),
    )


def _open(shape: tuple[int | str, ...] | None) -> tuple[int, ...] | None:
    if shape is None:
        return None
    return tuple(-1 if isinstance(size, str) else size for size in shape)


def _oracle_limits(path: Path) -> sandbox.Limits:
    files = path.rglob("*") if path.is_dir() else path.parent.glob(path.stem + "*")
    size = sum(f.stat().st_size for f in files if f.is_file())
    scratch = sandbox.Limits().scratch + 4 * size
    return sandbox.Limits(BASE_MEMORY + MODEL_COPIES * size, scratch)


def _draw(
    port: Port, oracle: Oracle, sample: Arrays | None, seed: int
) -> tuple[Ranges, list[Sample]]:
    if sample is not None:
        return Ranges(), from_file(sample, port.inputs)
    sampler = Sampler(port.inputs, _words(port), str(port.source.get("fingerprint")))

    def accepts(arrays: Arrays) -> bool:
        try:
            oracle.outputs_for(arrays)
        except Rejected:
            return False
        return True

    ranges = sampler.probe(accepts)
    return ranges, samples(sampler, ranges, seed, port_seed(port.code.encode()))


def _words(port: Port) -> tuple[bytes, ...]:
    folder = port.folder / "vocabularies"
    found: list[bytes] = []
    for path in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
        found += path.read_bytes().splitlines()
    return tuple(found)


def _fingerprint(port: Port) -> str:
    digest = hashlib.sha256()
    for path in port.files:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _verified(
    port: Port, results: tuple[GateResult, ...], hints: tuple[Hint, ...]
) -> tuple[str, ...]:
    """All regions when everything that is hard passed, none while nothing has."""
    if not all(gate.passed for gate in results if gate.hard):
        return ()
    flagged = {hint.region for hint in hints}
    return tuple(region.id for region in port.regions if region.id not in flagged)


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
