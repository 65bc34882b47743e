"""The repair loop: score, take the worst hints, regenerate those regions, verify.

A candidate replaces the port only when it scores strictly better; only the verifier
decides. Regions that are not flagged are locked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2torch.repair.budget import Budget
from tf2torch.repair.facts import Facts, Knowledge, Lowering
from tf2torch.repair.loop import Outcome, Result, Run
from tf2torch.repair.providers import Answer, Provider, ProviderError, Request
from tf2torch.repair.providers.selection import Endpoint, Providers, providers_of

if TYPE_CHECKING:
    from tf2torch.verify import Scoreboard
    from tf2torch.verify.session import Session
    from tf2torch.verify.task import Task
    from tf2torch.verify.wire import Arrays

__all__ = [
    "Answer",
    "Budget",
    "Endpoint",
    "Facts",
    "Knowledge",
    "Lowering",
    "Outcome",
    "Provider",
    "ProviderError",
    "Providers",
    "Request",
    "Result",
    "Settings",
    "repair",
]
TRANSCRIPT = "repair.jsonl"


@dataclass(frozen=True)
class Settings:
    """``provider``: a name or an object; ``transcript``: where the transcript is kept
    while the loop runs (a run that was cut short goes on from there), by default in
    the port's folder."""

    provider: object = None
    endpoint: Endpoint = Endpoint()
    budget: Budget = Budget()
    transcript: Path | None = None


def repair(
    folder: Path,
    session: Session,
    report: Scoreboard,
    settings: Settings | None = None,
    *,
    facts: Knowledge | None = None,
    inputs: tuple[Arrays | None, Task | None] = (None, None),
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Result:
    """Improve the port in ``folder`` in place.

    ``inputs``: representative ones and the task, as ``Session.verify`` takes them.
    The rule output is kept when nothing better is found, and when the provider fails.
    """
    from tf2torch.repair.judge import Bench
    from tf2torch.repair.resuming import resumed
    from tf2torch.repair.transcript import Transcript
    from tf2torch.repair.verifier import Verifier
    from tf2torch.verify import write_reports

    settings = settings or Settings()
    if report.passed:
        return Result(report, Outcome.UNCHANGED, 0)
    place = settings.transcript or folder / TRANSCRIPT
    providers = providers_of(settings.provider, settings.endpoint)
    providers = resumed(providers, place, (folder / "model.py").read_text())
    judge = Verifier(session, *inputs, seed)
    tell = progress or (lambda stage: None)
    log = Transcript(place)
    run = Run(
        Bench(folder, judge), report, providers, log, settings.budget, facts, tell
    )
    result = run()
    if place != folder / TRANSCRIPT:
        place.replace(folder / TRANSCRIPT)
    write_reports(result.board, folder)
    return result
