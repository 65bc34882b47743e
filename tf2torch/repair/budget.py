"""What a run may spend, and what it has spent so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tf2torch.repair.providers import Answer


@dataclass(frozen=True)
class Budget:
    """``iterations`` of the loop; ``tokens`` in and out together; ``cost`` in USD;
    ``seconds`` on the wall. None is without limit."""

    iterations: int = 5
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None


@dataclass
class Spent:
    """``clock`` tells seconds."""

    budget: Budget
    clock: Callable[[], float] = time.monotonic
    tokens: int = 0
    cost: float | None = None
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.clock()

    def add(self, answer: Answer) -> None:
        self.tokens += answer.tokens
        if answer.cost is not None:
            self.cost = (self.cost or 0.0) + answer.cost

    @property
    def over(self) -> str:
        """Which limit is reached, or ''."""
        limits = self.budget
        if limits.tokens is not None and self.tokens >= limits.tokens:
            return f"the budget of {limits.tokens:,} tokens is spent"
        if limits.cost is not None and (self.cost or 0.0) >= limits.cost:
            return f"the budget of ${limits.cost:.2f} is spent"
        seconds = self.clock() - self._start
        if limits.seconds is not None and seconds >= limits.seconds:
            return f"the budget of {limits.seconds:g} s is spent"
        return ""

    def __str__(self) -> str:
        parts = [f"{self.clock() - self._start:.0f} s"]
        if self.tokens:
            parts.insert(0, f"{self.tokens:,} tokens")
        if self.cost is not None:
            parts.insert(1, f"${self.cost:.4f}")
        return ", ".join(parts)
