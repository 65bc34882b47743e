"""How much of what the verifier says a model is told; all else in the prompt stays.

score    the score alone
raw      what a test run by hand would print: an exception, or which figure is off
typed    the typed hints
all      the typed hints, and what is verified and must be preserved
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tf2torch.diagnostics import Code, Hint
from tf2torch.repair.providers import Answer, Provider, Request, Tried

LEVELS = ("score", "raw", "typed", "all")
SCORE = re.compile(r"score [-+.\de]+|passes")


@dataclass(frozen=True)
class Told:
    """``provider`` behind a filter; it is asked with the same budget at each level."""

    provider: Provider
    level: str

    @property
    def name(self) -> str:
        return self.provider.name

    def propose(self, request: Request) -> Answer | None:
        return self.provider.propose(reduced(request, self.level))


def reduced(request: Request, level: str) -> Request:
    """Earlier attempts are told in the same measure as the hints."""
    if level == "all":
        return request
    told = replace(request, verified=(), locked=request.locked)
    if level == "typed":
        return told
    tried = tuple(
        Tried(a.code, _outcome(a.outcome, level == "score")) for a in request.attempts
    )
    findings = "- the verifier does not accept the port"
    if level == "raw":
        findings = "\n".join(dict.fromkeys(map(_raw, request.hints)))
    return replace(told, attempts=tried, findings=findings)


def _outcome(outcome: str, score_only: bool) -> str:
    found = SCORE.search(outcome)
    if found:
        return found[0]
    return "not better" if score_only else outcome.split(":")[0]


def _raw(hint: Hint) -> str:
    """Without code, region, localisation or advice."""
    if hint.code in (Code.EXECUTION_ERROR, Code.UNSUPPORTED_OP):
        return f"  {hint.evidence[0] if hint.evidence else 'model.py'}\n{hint.message}"
    if isinstance(hint.observed, float):
        bound = "" if hint.tolerance is None else f" > {hint.tolerance:.3g}"
        return f"AssertionError: not close: {hint.observed:.4g}{bound}"
    return f"AssertionError: {hint.metric}"
