"""Zygotes: who starts them, and how a sandboxed process is asked of one.

A fleet has one zygote for oracles and one for candidates (see ``zygote``). Whoever is
to verify gets the sockets' other ends, by inheritance; without them, or where a zygote
gives no process, processes start cold.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

from tf2torch.verify import sandbox
from tf2torch.verify.zygote import READY

ORACLE = "tf2torch.verify.oracle_worker"
CANDIDATE = "tf2torch.verify.candidate_worker"
MODULES = (ORACLE, CANDIDATE)
SECONDS = 120.0  # for a process, on a busy machine, the zygote's own imports included
DEATHS = 3  # of a zygote, each soon after its start: then all is cold
SOON = 60.0
TICK = 0.2
# Keeps the sandbox's namespaces until the worker's end hangs up.
HOLDER = ["sh", "-c", "echo; exec cat"]


@dataclass(frozen=True)
class Begun:
    """``process`` lives as long as the sandbox; the pipes lead to the worker in it."""

    process: subprocess.Popen[bytes]
    requests: BinaryIO
    answers: BinaryIO


@dataclass(frozen=True)
class Channels:
    """Sockets to zygotes by module, and the threads that a process may use."""

    sockets: dict[str, socket.socket]
    threads: int

    @property
    def descriptors(self) -> tuple[int, ...]:
        return tuple(found.fileno() for found in self.sockets.values())

    def words(self) -> list[str]:
        """What a process that inherits the descriptors needs to be told."""
        named = [f"{name}={s.fileno()}" for name, s in self.sockets.items()]
        return [str(self.threads), *named]


_channels: ContextVar[Channels | None] = ContextVar("channels", default=None)


def adopt(words: Iterable[str]) -> None:
    """From now on this process, and what it forks, starts warm."""
    threads, *named = words
    sockets = {}
    for word in named:
        name, _, descriptor = word.rpartition("=")
        os.set_inheritable(int(descriptor), False)
        sockets[name] = socket.socket(fileno=int(descriptor))
    use(Channels(sockets, int(threads)))


def use(channels: Channels | None) -> None:
    """As ``adopt``; None: cold again."""
    _channels.set(channels)


def threads() -> int:
    """How many one process may use."""
    channels = _channels.get()
    return channels.threads if channels is not None else os.cpu_count() or 1


def begin(
    module: str, access: sandbox.Access, limits: sandbox.Limits, errors: BinaryIO
) -> Begun | None:
    """A process of ``module`` in a sandbox of its own; None where there is no zygote
    for it, or it does not answer."""
    channels = _channels.get()
    if channels is None or module not in channels.sockets:
        return None
    pipes: list[int] = []
    process, pid = _sandbox(access, limits, errors)
    try:
        pipes += [*os.pipe(), *os.pipe()]
        given, asked, answered, taken = pipes
        request = json.dumps({"memory": limits.memory}).encode()
        namespaces = os.pidfd_open(pid)
        pipes.append(namespaces)
        descriptors = [namespaces, given, taken, errors.fileno()]
        socket.send_fds(channels.sockets[module], [request], descriptors)
        for descriptor in (given, taken, namespaces):
            os.close(descriptor)
            pipes.remove(descriptor)
        if _read(answered, len(READY)) != READY:
            raise OSError("no answer")
    except OSError:
        _end(process)
        for descriptor in pipes:
            os.close(descriptor)
        return None
    return Begun(process, os.fdopen(asked, "wb"), os.fdopen(answered, "rb"))


def _sandbox(
    access: sandbox.Access, limits: sandbox.Limits, errors: BinaryIO
) -> tuple[subprocess.Popen[bytes], int]:
    """An empty sandbox, and its first process; 0 where there is none."""
    told, tell = os.pipe()
    argv = sandbox.command(HOLDER, access, limits)
    try:
        process = subprocess.Popen(
            [argv[0], "--info-fd", str(tell), *argv[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=sandbox.environment(threads()),
            start_new_session=True,
            pass_fds=(tell,),
        )
        os.close(tell)
        assert process.stdout is not None
        _read(process.stdout.fileno(), 1)
        with os.fdopen(told, "rb", closefd=False) as info:
            return process, _first(info.read())
    finally:
        os.close(told)


def _first(told: bytes) -> int:
    try:
        return int(json.loads(told)["child-pid"])
    except (ValueError, KeyError):
        return 0


def _read(descriptor: int, count: int) -> bytes:
    """b"" at the end of the pipe, or where nothing comes."""
    if not select.select([descriptor], [], [], SECONDS)[0]:
        return b""
    return os.read(descriptor, count)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


class Zygotes:
    """The zygotes of a fleet: each starts with the first request, and again where it
    has died. ``threads``: that each of their processes may use. A context manager.

    They end with the last process that holds ``channels``, however that ends.
    """

    def __init__(self, threads: int, modules: Iterable[str] = MODULES):
        pairs = {
            module: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for module in modules
        }
        ours = {module: pair[0] for module, pair in pairs.items()}
        self.channels = Channels(ours, threads)
        self._keepers = [
            _Keeper(module, pair[1], threads) for module, pair in pairs.items()
        ]

    def start(self) -> None:
        """Those that do not run, rather than with the first request."""
        for keeper in self._keepers:
            keeper.awaited = keeper.process is None

    @property
    def running(self) -> list[subprocess.Popen[bytes]]:
        return [k.process for k in self._keepers if k.process is not None]

    def close(self) -> None:
        for keeper in self._keepers:
            keeper.stop()
        for end in self.channels.sockets.values():
            end.close()

    def __enter__(self) -> Zygotes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Keeper:
    """Starts one zygote where it is asked for and there is none."""

    def __init__(self, module: str, end: socket.socket, threads: int):
        self._module, self._end, self._threads = module, end, threads
        self.process: subprocess.Popen[bytes] | None = None
        self.awaited = False
        self._stopped = False
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._thread.join()

    def _keep(self) -> None:
        deaths = 0
        while not self._stopped and deaths < DEATHS:
            if self.awaited or select.select([self._end], [], [], TICK)[0]:
                self.awaited = False
                deaths = deaths + 1 if self._lived() < SOON else 0
        self._end.close()  # who asks still is told at once

    def _lived(self) -> float:
        """Seconds for which a zygote ran."""
        begin = time.monotonic()
        descriptor = self._end.fileno()
        words = [sys.executable, "-m", "tf2torch.verify.zygote", str(os.getpid())]
        process = subprocess.Popen(
            [*words, self._module, str(descriptor)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=sandbox.environment(self._threads),
            pass_fds=(descriptor,),
            start_new_session=True,
        )
        self.process = process
        while process.poll() is None:
            if self._stopped:
                process.kill()
            time.sleep(TICK)
        self.process = None
        return time.monotonic() - begin
