"""A batch in figures: by outcome, by reason, what is missing most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tf2torch.fleet.result import Outcome, Result

if TYPE_CHECKING:
    from rich.console import Console

TOP = 8


@dataclass(frozen=True)
class Summary:
    """``reasons``: outcome and reason → models; ``missing``: op → models; ``hints``:
    code → models; ``fixes``: code → an act to take, from the first such hint."""

    outcomes: dict[str, int]
    reasons: dict[tuple[str, str], tuple[str, ...]]
    missing: dict[str, int]
    hints: dict[str, int]
    fixes: dict[str, str]
    seconds: float
    reused: int

    @property
    def models(self) -> int:
        return sum(self.outcomes.values())

    @property
    def good(self) -> int:
        return sum(self.outcomes.get(o.value, 0) for o in Outcome if o.is_good)

    def to_json(self) -> dict[str, Any]:
        reasons = [
            {"outcome": outcome, "reason": reason, "models": list(names)}
            for (outcome, reason), names in self.reasons.items()
        ]
        return {
            "models": self.models,
            "good": self.good,
            "reused": self.reused,
            "seconds": round(self.seconds, 1),
            "outcomes": self.outcomes,
            "reasons": reasons,
            "missing_ops": self.missing,
            "hints": self.hints,
        }


def summarise(results: Iterable[Result]) -> Summary:
    found = sorted(results, key=lambda result: result.name)
    outcomes = Counter(result.outcome for result in found)
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    missing: Counter[str] = Counter()
    hints: Counter[str] = Counter()
    fixes: dict[str, str] = {}
    for result in found:
        if not result.outcome.is_good:
            reasons[(result.outcome.value, result.reason)].append(result.name)
        missing.update(result.missing.keys())
        hints.update({str(hint["code"]) for hint in result.hints})
        for hint in result.hints:
            fixes.setdefault(str(hint["code"]), str(hint["fix"]))
    ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    return Summary(
        {o.value: outcomes[o] for o in Outcome if outcomes[o]},
        {reason: tuple(names) for reason, names in ordered},
        _common(missing),
        _common(hints),
        fixes,
        sum(result.seconds for result in found),
        sum(result.reused for result in found),
    )


def show(summary: Summary, console: Console) -> None:
    """Print the outcomes, and the reasons of what did not come out well."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for outcome, count in summary.outcomes.items():
        colour = "green" if Outcome(outcome).is_good else "red"
        bar = "━" * max(1, round(40 * count / summary.models))
        table.add_row(outcome, str(count), Text(bar, style=colour))
    console.print(table)
    for (outcome, reason), names in list(summary.reasons.items())[:TOP]:
        console.print(Text(f"{len(names)} × {outcome}: {reason}", style="bold"))
        console.print(Text(f"    {_few(names)}", style="bright_black"))
    if len(summary.reasons) > TOP:
        console.print(f"… and {len(summary.reasons) - TOP} reasons more")
    if summary.missing:
        console.print(f"missing ops (models): {_counts(summary.missing)}")
    if summary.hints:
        console.print(f"hints (models): {_counts(summary.hints)}")


def _common(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in list(counts.items())[:TOP])


def _few(names: tuple[str, ...]) -> str:
    rest = len(names) - 4
    return ", ".join(names[:4]) + (f" and {rest} more" if rest > 0 else "")
