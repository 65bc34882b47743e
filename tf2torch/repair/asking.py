"""Several questions at once, in threads that nobody waits for when Ctrl-C comes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue

from tf2torch.repair.providers import Answer, Provider, Request

PAUSE = 0.5  # seconds: a wait without end does not notice an interrupt everywhere
Found = Answer | None | BaseException


def ask_all(provider: Provider, requests: Sequence[Request]) -> list[Answer | None]:
    """The answers in the order of ``requests``; raises what the first of them did."""
    arrived: SimpleQueue[tuple[int, Found]] = SimpleQueue()

    def ask(index: int, request: Request) -> None:
        try:
            arrived.put((index, provider.propose(request)))
        except BaseException as error:  # raised again where the answers are awaited
            arrived.put((index, error))

    for index, request in enumerate(requests):
        threading.Thread(target=ask, args=(index, request), daemon=True).start()
    found: dict[int, Found] = {}
    while len(found) < len(requests):
        try:
            index, answer = arrived.get(timeout=PAUSE)
        except Empty:
            continue
        found[index] = answer
    answers: list[Answer | None] = []
    for _, answer in sorted(found.items(), key=lambda pair: pair[0]):
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    return answers
