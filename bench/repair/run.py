"""One fault, one run of the loop, and what is true afterwards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.repair.faults import Fault
from tf2torch.regeneration import Regeneration
from tf2torch.repair.budget import Budget
from tf2torch.repair.judge import Bench
from tf2torch.repair.loop import Run
from tf2torch.repair.providers.selection import Providers
from tf2torch.repair.region import regions
from tf2torch.repair.transcript import Transcript, attempts, read
from tf2torch.repair.verifier import Verifier
from tf2torch.rules.ruleset import RuleSet
from tf2torch.transpiler.frontends import load
from tf2torch.transpiler.pipeline import Options, compile_source
from tf2torch.verify import Scoreboard, Session
from tf2torch.verify.gates import GATES
from tf2torch.verify.session import with_seconds

SECONDS = 60.0  # for one answer of a candidate: an honest one takes less than one
OTHER_SEED = 1  # the success that is claimed is tested on other data


@dataclass(frozen=True)
class Row:
    """``claimed``: the loop says that every gate passes; ``true``: so does another
    verification, with other inputs; ``verified_changed``: regions known to be right
    that are another text now."""

    model: str
    kind: str
    region: str
    name: str
    detected: bool
    code: str = ""
    flagged: bool = False
    claimed: bool = False
    true: bool = False
    iterations: int = 0
    attempts: int = 0
    route: str = ""
    touched: tuple[str, ...] = ()
    verified_changed: tuple[str, ...] = ()
    tokens: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Port:
    """A verified port in ``folder``, ready to be spoiled and repaired."""

    model: str
    folder: Path
    text: str
    session: Session
    facts: Regeneration
    gates: tuple[str, ...]

    def verifier(self, seed: int = 0) -> Verifier:
        return Verifier(self.session, None, None, seed, self.gates)

    def judged(self, text: str, seed: int = 0) -> Scoreboard:
        (self.folder / "model.py").write_text(text)
        return self.verifier(seed).whole(self.folder)


@contextmanager
def opened(
    model: str, source: Path, folder: Path, rules: RuleSet | None = None
) -> Iterator[Port]:
    """The port of ``source`` as the compiler emits it."""
    from tf2torch.transpiler.emit.folder import write_port

    compiled = compile_source(load(source), Options(rules=rules))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_port(compiled, folder)
    hard = tuple(gate.name for gate in GATES if gate.hard)
    facts = Regeneration(compiled, rules)
    limits = with_seconds(SECONDS)
    with Session(source, limits=limits, trusting=True) as session:
        yield Port(model, folder, compiled.text, session, facts, hard)


def repaired(
    port: Port, fault: Fault, providers: Providers, budget: Budget | None = None
) -> Row:
    """Spoil, run the loop, and look at what came of it."""
    start = time.monotonic()
    board = port.judged(fault.source)
    head = (port.model, fault.kind, fault.region, fault.name)
    if board.passed:
        return Row(*head, detected=False)
    urgent = [h for h in board.hints if h.priority <= 2]
    log = Transcript(port.folder / "repair.jsonl")
    bench = Bench(port.folder, port.verifier())
    run = Run(bench, board, providers, log, budget or Budget(), port.facts)
    result = run()
    final = (port.folder / "model.py").read_text()
    before, after = regions(fault.source), regions(final)
    touched = tuple(n for n in before if before[n].digest != after[n].digest)
    events = attempts(read(log.path))
    kept = [event for event in events if event.kept]
    true = result.board.passed and port.judged(final, OTHER_SEED).passed
    return Row(
        *head,
        True,
        urgent[0].code.value,
        any(h.region == fault.region for h in urgent),
        result.board.passed,
        true,
        result.iterations,
        len(events),
        ", ".join(event.answer.text[:40] for event in kept if event.free),
        touched,
        tuple(n for n in touched if n in board.verified),
        sum(event.answer.tokens for event in events),
        round(time.monotonic() - start, 1),
    )
