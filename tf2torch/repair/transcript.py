"""What was asked, answered and measured, as JSON lines that can be replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Event:
    """One attempt: scores are the scoreboard's, None where none was measured."""

    iteration: int
    region: str
    provider: str
    answer: str | None
    outcome: str
    before: float
    after: float | None


class Transcript:
    """Appends to ``path``; each line is written before the next attempt starts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, event: Event) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(event)) + "\n")


def read(path: Path) -> Iterator[Event]:
    for line in path.read_text().splitlines():
        yield Event(**json.loads(line))
