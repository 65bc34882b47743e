"""Who proposes new code for a region: one method, several ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from tf2torch.diagnostics import Hint
from tf2torch.repair.facts import Facts


@dataclass(frozen=True)
class Tried:
    """An earlier answer and what came of it; ``code`` is what it proposed."""

    code: str
    outcome: str


@dataclass(frozen=True)
class Request:
    """One region to write again. ``findings``: text that the prompt has in the place of
    the hints (to measure what hints are worth). ``attempts``: earlier answers and what
    came of them; ``locked``: names of regions that stay as they are; ``verified``:
    those of them that are known to be right; ``source``: all of model.py."""

    region: str
    code: str
    hints: tuple[Hint, ...]
    source: str
    locked: tuple[str, ...]
    attempts: tuple[Tried, ...] = ()
    verified: tuple[str, ...] = ()
    facts: Facts | None = None
    findings: str = ""


@dataclass(frozen=True)
class Answer:
    """``code`` is the region's new text, or None with the reason in ``note``; ``text``
    and ``prompt`` are what was received and sent, word for word. ``cost`` in USD,
    None when no price is known."""

    code: str | None
    text: str = ""
    prompt: str = ""
    note: str = ""
    tokens: int = 0
    cost: float | None = None


class Provider(Protocol):
    """Gives an answer, or None when it has nothing (more) to offer."""

    @property
    def name(self) -> str: ...

    def propose(self, request: Request) -> Answer | None: ...


class Failure(Enum):
    """Why a provider could not be asked; the value is the exit code."""

    UNREACHABLE = 3
    REFUSED = 4
    QUOTA = 5


class ProviderError(Exception):
    """The provider could not be asked: network, key, quota. The port is kept."""

    def __init__(self, message: str, failure: Failure = Failure.UNREACHABLE):
        super().__init__(message)
        self.failure = failure
