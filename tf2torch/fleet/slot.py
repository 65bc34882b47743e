"""A place where one model at a time is converted: a worker process and its pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tf2torch.fleet.job import Ending, Job
from tf2torch.verify.warm import Channels

STARTS = 2  # of a worker for one model: the second time it is the model that kills it


class WorkerDied(Exception):
    """The worker process ended without being asked to."""


class Slot:
    """The worker starts with the first job; ``close`` ends it. Not thread-safe, and to
    be used by the thread that made it: the worker dies with that thread. ``channels``
    lead to the zygotes of the verifier."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._process: subprocess.Popen[str] | None = None
        self.started = 0
        self.worker_memory = 0
        self.stopped = False

    def run(self, job: Job, tell: Callable[[str], None]) -> Ending:
        """Convert one model; whatever it does, there is an ending."""
        for _ in range(STARTS):
            try:
                return self._ask(job, tell)
            except WorkerDied:
                self.close()
                if self.stopped:
                    break
        return Ending(killed="worker")

    def stop(self) -> None:
        """From any thread: end what runs; ``run`` returns soon, and nothing starts."""
        self.stopped = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process = None

    def _ask(self, job: Job, tell: Callable[[str], None]) -> Ending:
        process = self._worker(tell)
        assert process.stdin is not None
        try:
            process.stdin.write(job.dumps() + "\n")
            process.stdin.flush()
        except OSError:
            raise WorkerDied from None
        while True:
            event = self._event(process)
            if "stage" in event:
                tell(event["stage"])
            elif "done" in event:
                self.worker_memory = int(event["worker_memory"])
                return Ending(**event["done"])

    def _worker(self, tell: Callable[[str], None]) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        tell("start TensorFlow and torch")
        words = [str(os.getpid()), *self._channels.words()]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tf2torch.fleet.worker", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": _path()},
            text=True,
            start_new_session=True,
            pass_fds=self._channels.descriptors,
        )
        self.started += 1
        while "ready" not in self._event(self._process):
            continue
        return self._process

    def _event(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise WorkerDied
        found: dict[str, Any] = json.loads(line)
        return found


def _path() -> str:
    """Where this tf2torch lies, also when it is not installed."""
    return os.pathsep.join(path or os.getcwd() for path in sys.path)
