"""One fault, one run of the loop, and what is true afterwards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.repair.faults import Fault
from bench.repair.sabotage import Sabotage
from tf2torch.diagnostics import Code, Hint
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
from tf2torch.transpiler.frontends.source import Source
from tf2torch.transpiler.pipeline import Compiled, Options, compile_source
from tf2torch.verify import Scoreboard, Session
from tf2torch.verify.gates import GATES
from tf2torch.verify.session import load_sample, with_seconds
from tf2torch.verify.task import Task
from tf2torch.verify.wire import Arrays

SECONDS = 60.0  # for one answer of a candidate: an honest one takes less than one
HARD = tuple(gate.name for gate in GATES if gate.hard)
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
class MetricFirst(Verifier):
    """The user's own measure before all that is finer: it alone flags."""

    def whole(self, folder: Path) -> Scoreboard:
        gates = ("static", "structure", "spec", "task metric")
        board = self.session.verify(folder, self.sample, self.seed, gates, self.task)
        return super().whole(folder) if board.passed else board


@dataclass(frozen=True)
class Port:
    """A verified port in ``folder``, ready to be spoiled and repaired. ``task``: rows
    with labels; where there is one, its metric is what finds a fault."""

    model: str
    folder: Path
    text: str
    session: Session
    facts: Regeneration | None
    gates: tuple[str, ...]
    sample: Arrays | None = None
    task: Task | None = None

    def verifier(self, seed: int = 0) -> Verifier:
        kind = MetricFirst if self.task else Verifier
        return kind(self.session, self.sample, self.task, seed, self.gates)

    def judged(self, text: str, seed: int = 0) -> Scoreboard:
        (self.folder / "model.py").write_text(text)
        return self.verifier(seed).whole(self.folder)

    @property
    def source(self) -> Source:
        assert self.facts is not None, "a port of a transcript was not compiled"
        return self.facts.compiled.source


@contextmanager
def opened(
    model: str,
    source: Path,
    folder: Path,
    rules: RuleSet | None = None,
    sample: Path | None = None,
) -> Iterator[Port]:
    """The port of ``source`` as the compiler emits it."""
    compiled = compile_source(load(source), Options(rules=rules))
    _written(compiled, folder)
    facts = Regeneration(compiled, rules)
    limits = with_seconds(SECONDS)
    given = load_sample(sample)
    with Session(source, limits=limits, trusting=True) as session:
        yield Port(model, folder, compiled.text, session, facts, HARD, given)


def _written(compiled: Compiled, folder: Path) -> None:
    from tf2torch.transpiler.emit.folder import write_port

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_port(compiled, folder)


def spoiled(port: Port, sabotage: Sabotage) -> tuple[Port, Fault] | None:
    """The port that a compiler with that fault makes; None where it makes the same,
    or none at all."""
    try:
        compiled = compile_source(port.source, Options(rules=sabotage.rules))
    except Exception:  # whatever a broken rule leads to: this is no port to repair
        return None
    if compiled.text == port.text:
        return None
    _written(compiled, port.folder)
    before, after = regions(port.text), regions(compiled.text)
    wrong = [n for n in after if n not in before or before[n].code != after[n].code]
    region = wrong[0] if wrong else ""
    fault = Fault(sabotage.kind, region, 1, compiled.text, sabotage.name)
    facts = Regeneration(compiled, sabotage.rules)
    return replace(port, text=compiled.text, facts=facts), fault


def with_task(port: Port, rows: int = 128) -> Port:
    """The port, verified before, with rows that are labelled by what it computes and
    some noise: the root of the mean squared error is that of the noise."""
    import torch

    from tf2torch.api import load_port

    draw = np.random.default_rng(11)
    columns: Arrays = {}
    with np.load(port.folder / "reference.npz") as file:
        given = {n[6:]: file[n] for n in file.files if n.startswith("input:")}
    picked = draw.integers(0, min(map(len, given.values())), rows)
    for name, value in given.items():
        columns[name] = value[picked]
        if value.dtype.kind == "f" and port.sample is None:
            columns[name] += draw.normal(0, 0.3, columns[name].shape).astype("f")
    with torch.no_grad():
        out = load_port(port.folder)(*(torch.from_numpy(v) for v in columns.values()))
    named = out if isinstance(out, dict) else {"": out}
    name, best = next((n, v.numpy()) for n, v in named.items() if v.is_floating_point())
    noise = draw.normal(0, 0.2 * float(best.std()) + 1e-6, best.shape)
    return replace(port, task=Task({**columns, "labels": best + noise}, "rmse", name))


def repaired(
    port: Port, fault: Fault, providers: Providers, budget: Budget | None = None
) -> Row:
    """Spoil, run the loop, and look at what came of it."""
    start = time.monotonic()
    board = port.judged(fault.source)
    urgent = [h for h in board.hints if h.priority <= 2]
    head = (port.model, _kind(fault, urgent), fault.region, fault.name)
    if board.passed:
        return Row(*head, detected=False)
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


def _kind(fault: Fault, urgent: list[Hint]) -> str:
    """A fault that the metric lets pass is found by its values."""
    if fault.kind == "metric gap" and Code.METRIC_GAP not in {h.code for h in urgent}:
        return "wrong semantics"
    return fault.kind
