"""A candidate that starts at once: a fork of a process that has torch already.

Only for mutants of our own ports: there is no sandbox. The parent must never have run a
torch operation, since its threads would not live on in the child.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import Any, BinaryIO

from tf2torch.verify import wire
from tf2torch.verify.process import ANSWER_LIMIT, Refused, WorkerFailed
from tf2torch.verify.sandbox import Access, Limits
from tf2torch.verify.wire import Arrays, Message


class ForkedWorker:
    """Stands for ``process.Worker`` of a candidate."""

    def __init__(
        self, module: str, access: Access, limits: Limits, isolated: bool = True
    ):
        theirs, ours = os.pipe()
        mine, yours = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            _child(module, theirs, yours, limits.memory)
        os.close(theirs)
        os.close(yours)
        self._requests: BinaryIO = os.fdopen(ours, "wb")
        self._answers: BinaryIO = os.fdopen(mine, "rb")

    def ask(
        self,
        action: str,
        arrays: Arrays | None = None,
        *,
        seconds: float,
        **message: Any,
    ) -> tuple[Message, Arrays]:
        try:
            wire.send(self._requests, {"action": action, **message}, arrays)
            if not select.select([self._answers], [], [], seconds)[0]:
                os.kill(self._pid, signal.SIGKILL)
                raise WorkerFailed("time", f"no answer within {seconds:g} s")
            answer, results = wire.receive(self._answers, ANSWER_LIMIT)
        except (wire.WireError, OSError) as error:
            raise WorkerFailed("crash", f"the process ended: {error}") from None
        if "refused" in answer:
            text = str(answer.get("text", ""))
            raise Refused(str(answer["refused"]), text, answer)
        return answer, results

    def close(self) -> None:
        try:
            os.kill(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self._pid, 0)
        for pipe in (self._requests, self._answers):
            try:
                pipe.close()
            except OSError:
                continue


def _child(module: str, requests: int, answers: int, memory: int) -> None:
    """Becomes the worker, and never returns."""
    from tf2torch.verify import candidate_worker

    status = 1
    try:
        os.dup2(requests, 0)
        os.dup2(answers, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.closerange(3, 256)
        sys.argv = [module, str(memory)]
        candidate_worker.main()
        status = 0
    finally:
        os._exit(status)
