"""Answers written beforehand, for tests."""

from __future__ import annotations

from collections.abc import Iterable

from tf2torch.repair.providers import Answer, Request


class Scripted:
    """Gives ``answers`` one after the other, then None; keeps what it was asked."""

    name = "scripted"

    def __init__(self, answers: Iterable[str]) -> None:
        self._answers = iter(tuple(answers))
        self.requests: list[Request] = []

    def propose(self, request: Request) -> Answer | None:
        self.requests.append(request)
        answer = next(self._answers, None)
        return None if answer is None else Answer(answer, text=answer)
