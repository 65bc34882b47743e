"""What one process is asked to do, and where it leaves the answer."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Limits:
    """Seconds for one model, and bytes of resident memory of all its processes."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Job:
    """``answer``: the file that the process writes last; ``log``: what it prints;
    ``scratch``: its temporary files, removed afterwards."""

    name: str
    source: str
    output: str
    answer: str
    log: str
    scratch: str
    seconds: float
    memory: int
    options: dict[str, Any]
    about: dict[str, Any]

    def dumps(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def loads(text: str) -> Job:
        return Job(**json.loads(text))


@dataclass(frozen=True)
class Ending:
    """How the process ended. ``killed``: "", "time", "memory" or "worker" (the worker
    itself died); ``status`` as of ``os.waitstatus_to_exitcode``."""

    killed: str = ""
    status: int = 0
    stage: str = ""
    seconds: float = 0.0
    memory: int = 0


def leave(path: Path, answer: Mapping[str, Any]) -> None:
    """Write the answer so that it is there whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(answer, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def collect(path: Path) -> dict[str, Any] | None:
    """The answer, or None where the process left none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
