"""What was asked, answered and measured, as JSON lines that can be replayed.

The first line says which port the run started from, the last how it ended; between
them stands a line per attempt. No clock and no path is in it: the same answers give
the same bytes. A line is complete on the disk before the next attempt starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tf2torch.repair.providers import Answer, Tried

VERSION = 1
TOGETHER = "together"  # the provider of an attempt that joins the answers before it


@dataclass(frozen=True)
class Start:
    """``port``: digest of model.py; ``hints``: what the verifier found in it."""

    port: str
    regions: tuple[str, ...]
    score: float
    hints: tuple[str, ...]
    version: int = VERSION


@dataclass(frozen=True)
class Attempt:
    """One answer. ``code_before``: digest of the region's text; ``diff``: against it;
    ``alone``: how the region did by itself; scores are the scoreboard's, None where
    none was measured."""

    iteration: int
    region: str
    provider: str
    free: bool
    hints: tuple[str, ...]
    code_before: str
    answer: Answer
    diff: str
    alone: str
    outcome: str
    kept: bool
    before: float
    after: float | None

    @property
    def tried(self) -> Tried:
        kept = "kept, and part of the code as it is now; " if self.kept else ""
        return Tried(self.answer.code or "", kept + self.outcome)


@dataclass(frozen=True)
class End:
    """``port``: digest of the best model.py."""

    outcome: str
    port: str
    score: float
    iterations: int
    tokens: int
    cost: float | None
    failure: str = ""


Event = Start | Attempt | End
KINDS: dict[str, type[Start] | type[Attempt] | type[End]] = {
    "start": Start,
    "attempt": Attempt,
    "end": End,
}


class Transcript:
    """Writes ``path`` from its beginning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text("")

    def add(self, event: Event) -> None:
        kind = type(event).__name__.lower()
        line = json.dumps({"kind": kind, **asdict(event)}, ensure_ascii=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def read(path: Path) -> list[Event]:
    """The events of a transcript; a last line that a crash cut short is left out."""
    return list(_events(path)) if path.is_file() else []


def _events(path: Path) -> Iterator[Event]:
    for line in path.read_text("utf-8").splitlines():
        try:
            entry: dict[str, Any] = json.loads(line)
            kind = KINDS[entry.pop("kind")]
        except (ValueError, KeyError):
            return
        if "answer" in entry:
            entry["answer"] = Answer(**entry["answer"])
        yield kind(**{k: _tuple(v) for k, v in entry.items()})


def attempts(events: Iterable[Event]) -> list[Attempt]:
    return [event for event in events if isinstance(event, Attempt)]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
