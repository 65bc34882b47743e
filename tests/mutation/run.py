"""Verify mutants of one port after the other, with one TensorFlow for all of them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.mutation.forked import ForkedWorker
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.ports import Subject
from tf2torch.diagnostics import Priority
from tf2torch.verify import Scoreboard, Session, candidate
from tf2torch.verify.gates import GATES
from tf2torch.verify.session import load_sample, with_seconds

SECONDS = 20.0
SOFT_OR_DEAR = ("style", "export", "performance")  # they reject nothing


@dataclass(frozen=True)
class Finding:
    """What became of a mutant. ``gate`` is the one that rejected it, "" where none
    did; ``located``: the flagged region is the mutated one."""

    model: str
    operator: str
    change: str
    line: int
    before: str
    after: str
    gate: str
    code: str
    regions: tuple[str, ...]
    expected: tuple[str, ...]
    located: bool


def run(
    subject: Subject, count: int, seed: int, tell: Callable[[str], None]
) -> Iterator[Finding]:
    """The honest port first, which has to pass; then ``count`` of its mutants."""
    original = (subject.folder / "model.py").read_text("utf-8")
    picked = mutants(original, count, seed)
    sample = load_sample(subject.sample)
    with (
        tempfile.TemporaryDirectory() as folder,
        forked(),
        opened(subject) as session,
    ):
        port = copied(subject, folder)
        board = judged(session, port, sample)
        if not board.passed:
            raise AssertionError(f"{subject.name}: " + "; ".join(map(str, board.hints)))
        for number, mutant in enumerate(picked):
            (port / "model.py").write_text(mutant.text, "utf-8")
            finding = _finding(subject, mutant, judged(session, port, sample))
            tell(f"{subject.name} {number + 1}/{len(picked)} {finding.gate or 'LIVES'}")
            yield finding


def copied(subject: Subject, folder: str) -> Path:
    """A copy of the port, which may be changed."""
    port = Path(folder) / "port"
    shutil.copytree(subject.folder, port)
    return port


def judged(session: Session, port: Path, sample: Any, seed: int = 0) -> Scoreboard:
    """By the gates that can reject."""
    names = [gate.name for gate in GATES if gate.name not in SOFT_OR_DEAR]
    return session.verify(port, sample, seed, gates=names)


def _finding(subject: Subject, mutant: Mutant, board: Scoreboard) -> Finding:
    failed = [g.name for g in board.gates if g.hard and not g.passed and not g.skipped]
    urgent = [h for h in board.hints if h.priority <= Priority.P2]
    regions = tuple(dict.fromkeys(hint.region for hint in urgent))
    return Finding(
        subject.name,
        mutant.operator,
        mutant.change,
        mutant.line,
        mutant.before,
        mutant.after,
        failed[0] if failed else "",
        urgent[0].code.value if urgent else "",
        regions,
        mutant.regions,
        bool(regions) and set(regions) <= set(mutant.regions),
    )


@contextmanager
def opened(subject: Subject) -> Iterator[Session]:
    limits = with_seconds(SECONDS)
    with Session(subject.source, isolated=False, limits=limits) as session:
        yield session


@contextmanager
def forked() -> Iterator[None]:
    """Candidates are forks; one thread each, as several models may run at once."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import safetensors.torch  # noqa: F401 # before the fork, as is all that is slow
    import torch

    torch.use_deterministic_algorithms(True, warn_only=True)

    known: Any = candidate.Worker
    replaced: Any = ForkedWorker
    candidate.Worker = replaced
    try:
        yield
    finally:
        candidate.Worker = known


def summary(findings: Sequence[Finding]) -> dict[str, Any]:
    killed = [finding for finding in findings if finding.gate]
    by_gate: dict[str, int] = {}
    for finding in killed:
        by_gate[finding.gate] = by_gate.get(finding.gate, 0) + 1
    return {
        "mutants": len(findings),
        "models": len({finding.model for finding in findings}),
        "killed": len(killed),
        "located": sum(finding.located for finding in killed),
        "by_gate": by_gate,
        "survivors": [asdict(f) for f in findings if not f.gate],
        "mislocated": [asdict(f) for f in killed if not f.located],
    }
