"""How one model fared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

STABLE_FIELDS = ("name", "outcome", "reason", "score", "hints", "missing")


class Outcome(Enum):
    """``verified``: every hard gate passed. ``converted``: the same, unverified.
    ``failed``: ported, but a hard gate failed. ``unported``: ops are missing.
    ``unreadable``: no model that can be read or run. ``timeout``, ``memory``: killed
    at a limit. ``crashed``: the process died. ``internal``: an error of tf2torch.
    ``lost``: its node died each time, or it could not be fetched."""

    VERIFIED = "verified"
    CONVERTED = "converted"
    FAILED = "failed"
    UNPORTED = "unported"
    UNREADABLE = "unreadable"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    INTERNAL = "internal"
    LOST = "lost"

    @property
    def is_good(self) -> bool:
        return self in {Outcome.VERIFIED, Outcome.CONVERTED}

    @property
    def has_port(self) -> bool:
        return self.is_good or self in {Outcome.FAILED, Outcome.UNPORTED}

    @property
    def is_final(self) -> bool:
        """Trying again gives the same."""
        return self.has_port or self is Outcome.UNREADABLE


@dataclass(frozen=True)
class Result:
    """``folder``: the port, "" where there is none. ``hints``: as in report.json.
    ``missing``: op → nodes. ``seconds`` and ``memory`` (peak bytes of its processes)
    are measured; ``stage`` is what ran last. ``reused``: known from before."""

    name: str
    location: str
    outcome: Outcome
    reason: str = ""
    owner: str = ""
    key: str = ""
    folder: str = ""
    score: float | None = None
    hints: tuple[Mapping[str, Any], ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    stage: str = ""
    seconds: float = 0.0
    memory: int = 0
    attempts: int = 1
    published: str = ""
    reused: bool = False

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        plain["outcome"] = self.outcome.value
        plain["hints"] = [dict(hint) for hint in self.hints]
        return plain

    @staticmethod
    def from_json(plain: Mapping[str, Any]) -> Result:
        known = dict(plain)
        known["outcome"] = Outcome(known["outcome"])
        known["hints"] = tuple(known.get("hints", ()))
        return Result(**known)

    @property
    def stable(self) -> tuple[Any, ...]:
        """What a second run must repeat."""
        plain = self.to_json()
        return tuple(plain[name] for name in STABLE_FIELDS)
