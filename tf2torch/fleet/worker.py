"""``python -m tf2torch.fleet.worker``: imports TensorFlow and torch, forks per model.

This process imports and never runs a model: no session, no op, no thread of either
library is started before a fork, so each model begins in the same clean process, and
nothing that one leaves behind reaches the next. The processes of the verifier are
forked elsewhere, by zygotes that know nothing of this process or of any model.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tf2torch.fleet.job import Ending, Job, leave
from tf2torch.verify.process import resident, tree

TICK = 0.1  # seconds between two looks at the limits
NEAR = 0.01  # and when the end is near
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
Tell = Callable[[dict[str, Any]], None]


def main() -> None:
    parent, *channels = sys.argv[1:]
    _die_with(int(parent))
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    from tf2torch.verify import warm

    warm.adopt(channels)
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def tell(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")

    start = time.monotonic()
    warm_up()
    tell({"ready": time.monotonic() - start})
    for line in sys.stdin:
        ending = supervise(Job.loads(line), tell)
        memory = psutil.Process().memory_info().rss
        tell({"done": vars(ending), "worker_memory": memory})


def warm_up() -> None:
    """Import all that a conversion needs; what is loaded is not collected again."""
    from tf2torch.api import preload

    preload()
    gc.collect()
    gc.freeze()


def supervise(job: Job, tell: Tell) -> Ending:
    """Fork for one model, and hold it to its limits."""
    stages, child_end = os.pipe()
    worker = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(stages)
        _child(job, child_end, worker)
    os.close(child_end)
    watch = _Watch(pid, job)
    try:
        return watch.until_end(stages, tell)
    finally:
        os.close(stages)
        _kill_all()
        shutil.rmtree(job.scratch, ignore_errors=True)


class _Watch:
    """The limits of one model."""

    def __init__(self, pid: int, job: Job):
        self._pid, self._job = pid, job
        self._start = time.monotonic()
        self._peak, self._stage, self._rest = 0, "", b""

    def until_end(self, stages: int, tell: Tell) -> Ending:
        while True:
            if select.select([stages], [], [], TICK)[0]:
                self._read(stages, tell)
            done, status = os.waitpid(self._pid, os.WNOHANG)
            if done:
                return self._ending("", os.waitstatus_to_exitcode(status))
            _, *below = tree(os.getpid())
            self._peak = max(self._peak, sum(map(resident, below)))
            if time.monotonic() - self._start > self._job.seconds:
                return self._ending("time", -signal.SIGKILL)
            if self._peak > self._job.memory:
                return self._ending("memory", -signal.SIGKILL)

    def _read(self, stages: int, tell: Tell) -> None:
        chunk = os.read(stages, 1 << 16)
        if not chunk:
            time.sleep(NEAR)  # closed: the end is near
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._stage = line.decode(errors="replace")
            tell({"stage": self._stage})

    def _ending(self, killed: str, status: int) -> Ending:
        seconds = time.monotonic() - self._start
        return Ending(killed, status, self._stage, seconds, self._peak)


def _child(job: Job, stages: int, worker: int) -> None:
    """In the forked process; it leaves by the answer and never returns."""
    status = 1
    try:
        os.setsid()
        _die_with(worker)
        _redirect(job)
        from tf2torch.fleet.conversion import run

        def tell(stage: str) -> None:
            os.write(stages, stage.replace("\n", " ").encode() + b"\n")

        leave(Path(job.answer), {**job.about, **run(job, tell)})
        status = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _redirect(job: Job) -> None:
    """Prints go to the log, temporary files to the scratch folder."""
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    Path(job.scratch).mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = job.scratch
    tempfile.tempdir = None


def _descendants() -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process().children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _kill_all() -> None:
    """Everything below this process: what lost its parent has become our child."""
    while below := _descendants():
        for process in below:
            try:
                process.kill()
            except psutil.Error:
                continue
        psutil.wait_procs(below, timeout=1.0)
        _reap()
    _reap()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


def _die_with(parent: int) -> None:
    """Killed as soon as the parent is gone, however it went."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main()
