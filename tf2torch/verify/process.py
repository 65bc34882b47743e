"""A worker: a child process that answers requests, one at a time, within its limits.

The parent holds the deadline and watches the memory and the number of processes of
the whole tree, because a limit per process stops no fork. When a limit is passed the
tree is killed and the reason is told, so that a report can say what the port did.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from tf2torch.verify import sandbox, warm, wire
from tf2torch.verify.wire import Arrays, Message

Handler: TypeAlias = Callable[[Message, Arrays], tuple[Message, Arrays]]

FORK, LEAVE = "fork", "leave"  # a child serves on, until it leaves
WATCH_SECONDS = 0.05
ORPHAN_SECONDS = 2.0
PATIENCE = (
    5.0  # × the seconds of an answer, for a process that others keep from running
)
STDERR_TAIL = 4000
ANSWER_LIMIT = 8 << 30  # bytes of arrays in one answer
ADDRESS_SPACE = 4  # × the memory limit: what libraries map but never touch


class WorkerFailed(Exception):
    """The process died or was killed. ``reason``: time, memory, processes or crash."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


class Refused(Exception):
    """The worker answered that it cannot do what was asked. ``kind`` is its word."""

    def __init__(self, kind: str, message: str, details: Message):
        super().__init__(message)
        self.kind = kind
        self.details = details


class Worker:
    """``python -m module`` in the sandbox; ``ask`` sends one request and waits.
    ``settings`` are more environment variables."""

    def __init__(
        self,
        module: str,
        access: sandbox.Access,
        limits: sandbox.Limits,
        isolated: bool = True,
        settings: Mapping[str, str] | None = None,
    ):
        self._limits = limits
        self._reason = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 # closed in close()
        begun = None
        if isolated and not settings:
            begun = warm.begin(module, access, limits, self._errors)
        argv = [sys.executable, "-m", module, str(limits.memory)]
        if isolated:
            argv = sandbox.command(argv, access, limits)
        begun = begun or _cold(argv, self._errors, dict(settings or {}))
        self._process, self._requests = begun.process, begun.requests
        self._answers = begun.answers
        self._deadline: Deadline | None = None
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._guard, daemon=True)
        self._watch.start()

    def ask(
        self,
        action: str,
        arrays: Arrays | None = None,
        *,
        seconds: float,
        **message: Any,
    ) -> tuple[Message, Arrays]:
        """The worker's answer, or WorkerFailed, or Refused."""
        self._deadline = Deadline.after(seconds, self._process.pid)
        try:
            wire.send(self._requests, {"action": action, **message}, arrays)
            answer, results = wire.receive(self._answers, ANSWER_LIMIT)
        except (wire.WireError, OSError) as error:
            raise self._failure(error, seconds) from None
        finally:
            self._deadline = None
        if "refused" in answer:
            refused, text = str(answer["refused"]), str(answer.get("text", ""))
            raise Refused(refused, text, answer)
        return answer, results

    @property
    def alive(self) -> bool:
        return self._process.poll() is None and not self._reason

    def fork(self, seconds: float) -> None:
        """From now on a child answers, which knows what this process has imported."""
        self.ask(FORK, seconds=seconds)

    def leave(self, seconds: float) -> None:
        """The child is gone, and the process answers as it did before ``fork``."""
        self.ask(LEAVE, seconds=seconds)

    def close(self) -> None:
        self._kill("")
        self._process.wait()
        self._over.set()
        own = self._process.stdin, self._process.stdout
        for pipe in (self._requests, self._answers, *own):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue
        self._watch.join()
        self._errors.close()

    def _failure(self, error: Exception, seconds: float) -> WorkerFailed:
        self._kill("crash")
        status = self._process.wait()
        text = {
            "time": f"no answer within {seconds:g} s",
            "memory": f"used more than {self._limits.memory >> 20} MiB of memory",
            "processes": f"started more than {self._limits.processes} processes",
        }.get(self._reason, f"the process ended with status {status}: {error}")
        tail = self._stderr()
        return WorkerFailed(self._reason, f"{text}; {tail}" if tail else text)

    def _stderr(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - STDERR_TAIL))
        text = self._errors.read().decode(errors="replace").strip()
        return text.splitlines()[-1] if text else ""

    def _kill(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def _guard(self) -> None:
        """Kill the tree when it passes a limit; ends with the process."""
        while self._process.poll() is None:
            pids = list(tree(self._process.pid))
            deadline = self._deadline
            if deadline is not None and deadline.passed(pids):
                self._kill("time")
            if len(pids) > self._limits.processes:
                self._kill("processes")
            elif sum(map(resident, pids)) > self._limits.memory:
                self._kill("memory")
            self._over.wait(WATCH_SECONDS)


def _cold(argv: list[str], errors: BinaryIO, settings: Mapping[str, str]) -> warm.Begun:
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**sandbox.environment(warm.threads()), **settings},
        start_new_session=True,
    )
    pipes: tuple[Any, Any] = process.stdin, process.stdout
    return warm.Begun(process, *pipes)


@dataclass(frozen=True)
class Deadline:
    """Seconds of an answer's own: what its threads have waited for a processor, on a
    machine with other work, does not count, up to ``PATIENCE`` times the seconds."""

    start: float
    seconds: float
    waited: Mapping[int, float]

    @classmethod
    def after(cls, seconds: float, pid: int) -> Deadline:
        return cls(time.monotonic(), seconds, _waited(tree(pid)))

    def passed(self, tree: Iterable[int]) -> bool:
        elapsed = time.monotonic() - self.start
        if elapsed <= self.seconds or elapsed > PATIENCE * self.seconds:
            return elapsed > self.seconds
        delays = _waited(tree).items()
        waited = max((d - self.waited.get(t, 0.0) for t, d in delays), default=0.0)
        return elapsed - waited > self.seconds


def _waited(tree: Iterable[int]) -> dict[int, float]:
    """Thread → seconds that it could have run and did not (Linux; else none)."""
    found = {}
    for pid in tree:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    found[int(thread)] = int(file.read().split()[1]) / 1e9
        except (OSError, IndexError):
            continue
    return found


def tree(pid: int) -> Iterator[int]:
    """``pid`` and its descendants, those in other namespaces too (Linux)."""
    yield pid
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                children = file.read().split()
        except OSError:
            continue
        for child in children:
            yield from tree(int(child))


def resident(pid: int) -> int:
    """Bytes of memory that it holds; 0 once it is gone."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


# --- the child's side ---------------------------------------------------------------


def serve(
    handlers: Mapping[str, Handler], prepare: Callable[[], None] | None = None
) -> None:
    """Answer requests until the parent hangs up. ``handlers`` are by action;
    ``prepare`` is called before the first fork.

    The pipe moves to a private descriptor first: what the code under test prints
    goes to stderr and cannot pass for an answer.
    """
    limit_address_space(int(sys.argv[1]))
    _leave_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    while True:
        try:
            message, arrays = wire.receive(requests)
        except wire.WireError:
            return
        if message["action"] == LEAVE:
            os._exit(0)
        if message["action"] == FORK:
            if prepare is not None:
                prepare()
            _wait_for_child()
        else:
            wire.send(answers, *_answer(handlers, message, arrays))
            continue
        wire.send(answers, {})


def _wait_for_child() -> None:
    """The child goes on in this process's place; it comes back when that has left."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    else:
        _leave_with_parent()


def _leave_with_parent() -> None:
    """End this process soon after its parent has gone, even in the midst of a run that
    would take for ever: who waits for the answer is not there any more."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHAN_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _answer(
    handlers: Mapping[str, Handler], message: Message, arrays: Arrays
) -> tuple[Message, Arrays]:
    try:
        return handlers[message["action"]](message, arrays)
    except Refused as refusal:
        known = {"refused": refusal.kind, "text": str(refusal)}
        return {**refusal.details, **known}, {}


def limit_address_space(memory: int) -> None:
    """A hard bound for one process; the parent's watch is the tighter one."""
    import resource

    bound = memory * ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
