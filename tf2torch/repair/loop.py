"""The loop itself: hints by priority, one region at a time, a monotone best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tf2torch.diagnostics import Hint
from tf2torch.repair.providers import Provider, ProviderError, Request, provider_of
from tf2torch.repair.region import Refused, regions, splice
from tf2torch.repair.transcript import Event, Transcript

if TYPE_CHECKING:
    from tf2torch.verify import Scoreboard

Verify = Callable[[Path], "Scoreboard"]
STALE = 2  # iterations without a better score before the loop gives up


class Outcome(Enum):
    FIXED = "fixed"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Budget:
    """``attempts``: answers asked for, over all regions."""

    attempts: int = 5


def repair(
    folder: Path,
    source: object,
    report: Scoreboard,
    *,
    provider: object = None,
    max_iterations: int = 5,
    progress: Callable[[str], None] | None = None,
    sandbox: bool = True,
) -> Scoreboard:
    """Improve the port in ``folder`` in place; returns the best scoreboard.

    The rule output is kept when nothing better is found, and when the provider fails.
    """
    from tf2torch.verify import verify

    def check(port: Path) -> Scoreboard:
        return verify(port, source, progress=progress, sandbox=sandbox)

    if report.passed:
        return report
    who = provider_of(provider)
    best, _ = run(folder, report, who, check, Budget(max_iterations), progress)
    return best


def run(
    folder: Path,
    report: Scoreboard,
    provider: Provider,
    check: Verify,
    budget: Budget,
    progress: Callable[[str], None] | None = None,
) -> tuple[Scoreboard, Outcome]:
    """Ask, splice, verify, keep what is strictly better."""
    tell = progress or (lambda stage: None)
    log = Transcript(folder / "repair.jsonl")
    model = folder / "model.py"
    attempts: dict[str, list[tuple[str, str]]] = {}
    best, text, stale = report, model.read_text(), 0
    for iteration in range(1, budget.attempts + 1):
        request = next_request(best, text, attempts)
        if request is None or best.passed or stale >= STALE:
            break
        tell(f"repair {iteration}/{budget.attempts}: {request.region}")
        try:
            answer = provider.propose(request)
        except ProviderError as error:
            tell(f"repair stopped: {error}")
            log.add(_event(iteration, request, provider, None, str(error), best, None))
            break
        found, outcome = _tried(model, text, request.region, answer, check)
        better = found is not None and better_than(found, best)
        log.add(_event(iteration, request, provider, answer, outcome, best, found))
        attempts.setdefault(request.region, []).append((answer or "", outcome))
        stale = 0 if better else stale + 1
        if better and found is not None:
            best, text = found, model.read_text()
        else:
            model.write_text(text)
    if model.read_text() != text or best is not report:
        best = check(folder)
    fixed = Outcome.FIXED if best.passed else Outcome.IMPROVED
    return best, fixed if best is not report else Outcome.UNCHANGED


def next_request(
    report: Scoreboard, text: str, attempts: dict[str, list[tuple[str, str]]]
) -> Request | None:
    """The region with the most urgent hint that model.py holds."""
    known = regions(text)
    flagged: dict[str, list[Hint]] = {}
    for hint in sorted(report.hints, key=lambda h: (h.priority, h.code.value)):
        if hint.region in known:
            flagged.setdefault(hint.region, []).append(hint)
    for name, hints in flagged.items():
        tried = tuple(attempts.get(name, ()))
        if tried and not tried[-1][0]:
            continue  # nothing more to offer for this one
        locked = tuple(n for n in known if n not in flagged)
        return Request(name, known[name].code, tuple(hints), text, locked, tried)
    return None


def better_than(found: Scoreboard, best: Scoreboard) -> bool:
    """Strictly: passing, then fewer urgent hints, then the score."""

    def rank(board: Scoreboard) -> tuple[bool, int, int, float]:
        urgent = sum(h.priority <= 2 for h in board.hints)
        gates = sum(g.passed for g in board.gates if g.hard and not g.skipped)
        return board.passed, gates, -urgent, board.score

    return rank(found) > rank(best)


def _tried(
    model: Path, text: str, region: str, answer: str | None, check: Verify
) -> tuple[Scoreboard | None, str]:
    if answer is None:
        return None, "the provider has nothing to offer"
    try:
        model.write_text(splice(text, region, answer))
    except Refused as error:
        return None, f"refused: {error}"
    found = check(model.parent)
    state = "passes" if found.passed else f"{len(found.hints)} hints"
    return found, f"score {found.score:g}, {state}"


def _event(
    iteration: int,
    request: Request,
    provider: Provider,
    answer: str | None,
    outcome: str,
    best: Scoreboard,
    found: Scoreboard | None,
) -> Event:
    after = None if found is None else found.score
    return Event(
        iteration, request.region, provider.name, answer, outcome, best.score, after
    )
