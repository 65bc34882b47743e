"""What executors tell while they work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tf2torch.fleet.result import Result


@dataclass(frozen=True)
class Planned:
    """How many models there are, and how many workers."""

    models: int
    jobs: int


@dataclass(frozen=True)
class Stage:
    """What is being done for a model."""

    name: str
    text: str


@dataclass(frozen=True)
class Done:
    """A model's result. ``worker_memory``: bytes that the worker itself holds."""

    result: Result
    worker_memory: int = 0


Event = Planned | Stage | Done
Observe = Callable[[Event], None]
