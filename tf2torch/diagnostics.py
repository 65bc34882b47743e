"""Hints, their codes and priorities, and the errors that reach a user.

A hint is a value with numbers in it: what was observed, what was expected, and one
act to take. :class:`SourceError` is the user's input being wrong (exit code 2);
:class:`TranspileError` is our own failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum, IntEnum


class Priority(IntEnum):
    """P1 blocks the port; P4 is a matter of taste."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4


class Code(Enum):
    """Stable hint codes; each has a page in docs/hints and a test."""

    UNSUPPORTED_OP = "UNSUPPORTED_OP"
    EXECUTION_ERROR = "EXECUTION_ERROR"
    STRUCTURE = "STRUCTURE"
    SHAPE_MISMATCH = "SHAPE_MISMATCH"
    DTYPE_MISMATCH = "DTYPE_MISMATCH"
    OUTPUT_MISMATCH = "OUTPUT_MISMATCH"
    NO_GRADIENT = "NO_GRADIENT"
    GRADIENT_MISMATCH = "GRADIENT_MISMATCH"
    NUMERICAL_INSTABILITY = "NUMERICAL_INSTABILITY"
    TRAIN_MODE = "TRAIN_MODE"
    METRIC_GAP = "METRIC_GAP"
    PERFORMANCE = "PERFORMANCE"
    STYLE = "STYLE"


class Direction(Enum):
    """Which way the observed figure must move."""

    LOWER = "lower"
    HIGHER = "higher"
    EQUAL = "equal"


@dataclass(frozen=True)
class Hint:
    """One finding. ``message`` states the fact, ``fix`` one act to take."""

    code: Code
    priority: Priority
    region: str
    message: str
    fix: str
    metric: str = ""
    observed: float | str | None = None
    expected: float | str | None = None
    tolerance: float | None = None
    direction: Direction = Direction.EQUAL
    evidence: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        plain = asdict(self)
        plain["code"] = self.code.value
        plain["priority"] = self.priority.name
        plain["direction"] = self.direction.value
        return plain

    def __str__(self) -> str:
        where = f"{self.region}: " if self.region else ""
        return f"{where}{self.code.value}[{self.priority.name}]: {self.message}"


class SourceError(Exception):
    """The input or the command is wrong: one line that says what to do. Exit 2."""


class TranspileError(Exception):
    """A failure of tf2torch itself; carries the hints found until then."""

    def __init__(self, message: str, hints: Iterable[Hint] = ()):
        super().__init__(message)
        self.hints = tuple(hints)
