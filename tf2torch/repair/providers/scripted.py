"""Answers written beforehand, for tests and replays."""

from __future__ import annotations

from collections.abc import Iterable

from tf2torch.repair.providers import Request


class Scripted:
    """Gives ``answers`` one after the other, then None; keeps what it was asked."""

    name = "scripted"

    def __init__(self, answers: Iterable[str]) -> None:
        self._answers = iter(tuple(answers))
        self.requests: list[Request] = []

    def propose(self, request: Request) -> str | None:
        self.requests.append(request)
        return next(self._answers, None)
