"""Answers of an earlier run, from its transcript."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from tf2torch.repair.providers import Answer, Provider, ProviderError, Request
from tf2torch.repair.transcript import TOGETHER, Attempt


class Recorded:
    """Gives, for each region, its answers in their order; then asks ``then``.

    Raises ProviderError when a region's code is not what the answer was given for.
    """

    def __init__(
        self, attempts: Iterable[Attempt], free: bool, then: Provider | None = None
    ) -> None:
        self._left: dict[str, list[Attempt]] = {}
        mine = [a for a in attempts if a.free == free and a.provider != TOGETHER]
        for attempt in mine:
            self._left.setdefault(attempt.region, []).append(attempt)
        self._then = then
        names = [a.provider for a in mine]
        self.name = then.name if then else names[0] if names else "recorded"

    def propose(self, request: Request) -> Answer | None:
        left = self._left.get(request.region)
        if not left:
            return None if self._then is None else self._then.propose(request)
        attempt = left.pop(0)
        if attempt.code_before != digest(request.code):
            raise ProviderError(
                f"the transcript answers another version of {request.region}"
            )
        return attempt.answer


def digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:16]
