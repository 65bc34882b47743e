"""What got worse between a golden folder and a fresh port."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tf2torch.golden.facts import Facts

SCORE_ROUNDING = 0.05  # scores are printed to three digits


@dataclass(frozen=True)
class Limits:
    """``headroom``: how many times its recorded part of the allowed error a figure may
    reach, plus ``floor`` of the allowed error, for the last digits of float32 differ
    between machines. ``slack``: how many times the recorded time a pass may take."""

    headroom: float = 2.0
    floor: float = 0.05
    slack: float = 2.0


@dataclass(frozen=True)
class Regression:
    """``kind``: convert, source, code, score, gate, hint, error, state, output or
    performance. ``diff`` is a unified diff where texts differ."""

    kind: str
    message: str
    diff: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" + (f"\n{self.diff}" if self.diff else "")


@dataclass(frozen=True)
class Comparison:
    """``notes`` are changes for the better, and what could not be compared."""

    name: str
    regressions: tuple[Regression, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.regressions

    def __str__(self) -> str:
        head = f"{self.name}: {'as recorded' if self.passed else 'got worse'}"
        return "\n".join([head, *map(str, self.regressions), *self.notes])

    def to_json(self) -> dict[str, Any]:
        found = [{"kind": r.kind, "message": r.message} for r in self.regressions]
        notes = list(self.notes)
        return {
            "name": self.name,
            "passed": self.passed,
            "regressions": found,
            "notes": notes,
        }


def regressions(old: Facts, new: Facts, limits: Limits) -> Iterator[Regression]:
    """All that is worse in ``new``, but for outputs and speed, which need a run."""
    yield from _code(old.text, new.text)
    yield from _state(old.state, new.state)
    if not old.report:
        return
    if not new.report:
        yield Regression("score", "the port was verified and is not any more")
        return
    yield from _score(old.report, new.report)
    yield from _gates(old.report["gates"], new.report["gates"])
    yield from _hints(old.report["hints"], new.report["hints"])
    yield from _errors(old.errors, new.errors, limits)
    yield from _ratios(old.ratios, new.ratios, limits)


def improvements(old: Facts, new: Facts) -> Iterator[str]:
    """What is better: accept it with --update."""
    if old.report and new.report and new.report["score"] > old.report["score"]:
        yield f"the score rose from {old.report['score']} to {new.report['score']}"


def _code(old: str, new: str) -> Iterator[Regression]:
    if old.splitlines() == new.splitlines():
        return
    lines = list(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), "recorded", "converted", lineterm=""
        )
    )
    changed = sum(line[0] in "+-" for line in lines[2:])
    yield Regression("code", f"{changed} lines of model.py differ", "\n".join(lines))


def _state(old: dict[str, str], new: dict[str, str]) -> Iterator[Regression]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if after is None:
            yield Regression("state", f"{key} ({before}) is gone")
        elif before is None:
            yield Regression("state", f"{key} ({after}) is new: a strict load fails")
        elif before != after:
            yield Regression("state", f"{key} was {before} and is {after}")


def _score(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Regression]:
    if old["passed"] and not new["passed"]:
        yield Regression("score", "every hard gate passed, and now one fails")
    if new["score"] < old["score"] - SCORE_ROUNDING:
        yield Regression("score", f"{old['score']} before, {new['score']} now")


def _gates(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Regression]:
    for name, gate in old.items():
        if name not in new:
            yield Regression("gate", f"{name} is not run any more")
            continue
        if gate["passed"] and not new[name]["passed"]:
            yield Regression("gate", f"{name} passed, and does not now")
        for figure, before in gate["figures"].items():
            after = new[name]["figures"].get(figure)
            if _worse(before, after):
                told = f"{name}: {figure}: {_words(before)}, now {_words(after)}"
                yield Regression("gate", told)


def _worse(before: Any, after: Any) -> bool:
    """Counts are [passed, of all]; findings of style are numbers, zero the best."""
    if isinstance(before, list | tuple):
        failed = before[1] - before[0]
        return after is None or after[1] - after[0] > failed or after[1] < before[1]
    if isinstance(before, int | float):
        return isinstance(after, int | float) and abs(after) > abs(before)
    return False


def _words(figure: Any) -> str:
    if isinstance(figure, list | tuple):
        return f"{figure[0]} of {figure[1]}"
    return "not taken" if figure is None else str(figure)


def _hints(old: list[Any], new: list[Any]) -> Iterator[Regression]:
    def marks(hints: list[Any]) -> Counter[tuple[str, str, str]]:
        return Counter((h["priority"], h["code"], h["region"]) for h in hints)

    for (priority, code, region), count in sorted((marks(new) - marks(old)).items()):
        times = f" ({count} times)" if count > 1 else ""
        where = f" in {region}" if region else ""
        yield Regression("hint", f"{code}[{priority}]{where} is new{times}")


def _errors(
    old: dict[str, float], new: dict[str, float], limits: Limits
) -> Iterator[Regression]:
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield Regression("error", f"{name} is not measured any more")
        elif after > before * limits.headroom + limits.floor:
            told = f"{before:.1%} of the allowed error before, {after:.1%} now"
            yield Regression("error", f"{name}: {told}")


def _ratios(
    old: dict[str, float], new: dict[str, float], limits: Limits
) -> Iterator[Regression]:
    for name, before in old.items():
        after = new.get(name)
        if after is not None and after > before * limits.slack:
            yield Regression(
                "performance",
                f"a {name} took {before:.2f} of TensorFlow's time, now {after:.2f}",
            )
