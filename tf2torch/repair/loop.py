"""The loop: score, ask for what the hints flag, verify, keep what is better."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tf2torch.repair.asking import ask_all
from tf2torch.repair.budget import Budget, Spent
from tf2torch.repair.facts import Knowledge
from tf2torch.repair.judge import Bench, Verdict, better_than
from tf2torch.repair.providers import Answer, Failure, Provider, ProviderError, Request
from tf2torch.repair.providers.recorded import digest
from tf2torch.repair.providers.selection import Providers
from tf2torch.repair.region import regions
from tf2torch.repair.suspects import Suspect, primary, suspects
from tf2torch.repair.transcript import TOGETHER, Attempt, End, Start, Transcript

if TYPE_CHECKING:
    from tf2torch.verify import Scoreboard

STALE = 2  # iterations without a better score before the loop gives up
FREE_OFFERS = 12  # that are tried for one region in one iteration
PARALLEL = 4  # regions that are asked for at once


class Outcome(Enum):
    FIXED = "fixed"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Result:
    """``failure``: the provider could not be asked (any more), and ``message`` why."""

    board: Scoreboard
    outcome: Outcome
    iterations: int
    failure: Failure | None = None
    message: str = ""


@dataclass
class Run:
    """One repair. ``text`` and ``best`` are those of the best port so far."""

    bench: Bench
    best: Scoreboard
    providers: Providers
    log: Transcript
    budget: Budget = Budget()
    facts: Knowledge | None = None
    tell: Callable[[str], None] = lambda stage: None
    text: str = ""
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    exhausted: set[tuple[str, str]] = field(default_factory=set)
    message: str = ""

    def __post_init__(self) -> None:
        self.text = self.bench.model.read_text()
        self.spent = Spent(self.budget)
        self.iteration = 0

    def __call__(self) -> Result:
        first, failure = self.best, None
        self.log.add(_start(self.text, first))
        try:
            self._iterate()
        except ProviderError as error:
            failure, self.message = error.failure, str(error)
            self.tell(f"repair stopped: {error}")
        finally:
            self.bench.model.write_text(self.text)
        outcome = Outcome.UNCHANGED
        if self.best is not first:
            outcome = Outcome.FIXED if self.best.passed else Outcome.IMPROVED
        self.log.add(self._end(outcome, self.message))
        return Result(self.best, outcome, self.iteration, failure, self.message)

    def _iterate(self) -> None:
        stale = 0
        for iteration in range(1, self.budget.iterations + 1):
            self.iteration = iteration
            before = self.best
            offered = self._round(self.providers.free, FREE_OFFERS)
            if not self.best.passed and self.best is before:
                offered |= self._round(self.providers.paid, 1)
            stale = stale + 1 if self.best is before else 0
            self.message = self.spent.over
            if self.best.passed or not offered or stale >= STALE or self.message:
                return

    def _round(self, provider: Provider | None, offers: int) -> bool:
        """Ask for the suspects until the port is better; whether there were offers."""
        offered = False
        while provider is not None and offers and not self.spent.over:
            requests = self._requests(provider)
            answers = self._asked(provider, requests) if requests else []
            pairs = zip(requests, answers, strict=True)
            found = [(r, answer) for r, answer in pairs if answer is not None]
            offered |= bool(found)
            offers -= 1
            before = self.best
            self._try_all(provider, found)
            if self.best is not before or not requests:
                break
        return offered

    def _requests(self, provider: Provider) -> list[Request]:
        """The most urgent regions that the provider may still have something for."""
        known = regions(self.text)
        found = suspects(self.best.hints, known, self.best.verified)
        left = [s for s in found if (provider.name, s.region) not in self.exhausted]
        vain = {s.region for s in left if self._answers(s.region)}
        wanted = primary(left, vain)[:PARALLEL]
        asked = {s.region for s in wanted}
        locked = tuple(name for name in known if name not in asked)
        return [self._request(s, known[s.region].code, locked) for s in wanted]

    def _answers(self, region: str) -> int:
        """How often the region was asked for in vain since the port got better."""
        tried = self.attempts.get(region, [])
        return next((n for n, a in enumerate(reversed(tried)) if a.kept), len(tried))

    def _request(self, suspect: Suspect, code: str, locked: tuple[str, ...]) -> Request:
        tried = self.attempts.get(suspect.region, ())
        return Request(
            suspect.region,
            code,
            suspect.hints,
            self.text,
            locked,
            tuple(a.tried for a in tried),
            tuple(n for n in self.best.verified if n in locked),
            None if self.facts is None else self.facts(suspect.region),
        )

    def _asked(
        self, provider: Provider, requests: list[Request]
    ) -> list[Answer | None]:
        """All at once; what one of them finds out does not change another's prompt."""
        names = ", ".join(r.region for r in requests)
        of = f"{self.iteration}/{self.budget.iterations}"
        self.tell(f"repair {of}: {provider.name} on {names} ({self.spent})")
        answers = ask_all(provider, requests)
        for request, answer in zip(requests, answers, strict=True):
            if answer is None:
                self.exhausted.add((provider.name, request.region))
            else:
                self.spent.add(answer)
        return answers

    def _try_all(self, provider: Provider, found: list[tuple[Request, Answer]]) -> None:
        """Each by itself; then together those that did not help: a fault may stand in
        several regions, and what did not help before another was kept may do so now."""
        left, kept = {}, 0
        asked, known = {request.region for request, _ in found}, regions(self.text)
        for request, answer in found:
            before = self.best
            verdict = self._try(provider, request, answer)
            kept += self.best is not before
            # What is refuted by itself may hold another that was wrong as well.
            holds_others = bool(verdict.alone and known[request.region].reads & asked)
            if self.best is before and (verdict.board or holds_others):
                left[request.region] = answer.code or ""
        if left and len(left) + kept > 1 and not self.best.passed:
            self._try_together(left, [request for request, _ in found])

    def _try(self, provider: Provider, request: Request, answer: Answer) -> Verdict:
        verdict = Verdict(self.text, "", answer.note or "no code in the answer")
        if answer.code is not None:
            verdict = self.bench.try_(self.text, request.region, answer.code)
        free = provider is self.providers.free
        self._judged(provider.name, free, request, answer, verdict)
        return verdict

    def _judged(
        self,
        provider: str,
        free: bool,
        request: Request,
        answer: Answer,
        verdict: Verdict,
    ) -> None:
        """Keep what is better, and write down what was tried."""
        board, before = verdict.board, self.best
        after = answer.code or request.code
        if provider == TOGETHER:
            after = verdict.text
        kept = board is not None and better_than(board, before)
        if kept and board is not None:
            self.best, self.text = board, verdict.text
            self.exhausted.clear()
        else:
            self.bench.model.write_text(self.text)
        attempt = Attempt(
            self.iteration,
            request.region,
            provider,
            free,
            tuple(map(str, request.hints)),
            digest(request.code),
            answer,
            _diff(request.code, after),
            verdict.alone,
            verdict.outcome,
            kept,
            before.score,
            None if board is None else board.score,
        )
        self.attempts.setdefault(request.region, []).append(attempt)
        self.log.add(attempt)

    def _try_together(self, codes: dict[str, str], requests: list[Request]) -> None:
        """Answers none of which helps by itself: a fault may stand in all of them."""
        verdict = self.bench.try_together(self.text, codes)
        hints = tuple(dict.fromkeys(h for r in requests for h in r.hints))
        request = Request(", ".join(codes), self.text, hints, self.text, ())
        self._judged(TOGETHER, False, request, Answer(None), verdict)

    def _end(self, outcome: Outcome, failure: str) -> End:
        return End(
            outcome.value,
            digest(self.text),
            self.best.score,
            self.iteration,
            self.spent.tokens,
            self.spent.cost,
            failure,
        )


def _start(text: str, board: Scoreboard) -> Start:
    hints = tuple(map(str, board.hints))
    return Start(digest(text), tuple(regions(text)), board.score, hints)


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2)
    return "\n".join(list(lines)[2:])
