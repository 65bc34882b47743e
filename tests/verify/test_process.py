"""Workers leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tf2torch.verify import process
from tf2torch.verify.process import Deadline, Worker, WorkerFailed
from tf2torch.verify.sandbox import Access, Limits

PARENT = """
from tf2torch.verify.process import Worker
from tf2torch.verify.sandbox import Access, Limits

worker = Worker("tests.verify.sleeper", Access(), Limits(), isolated=False)
if {forked}:
    worker.fork(60)
print(worker.ask("pid", seconds=60)[0]["pid"], flush=True)
worker.ask("sleep", seconds=3600)
"""


def test_a_worker_leaves_with_its_parent_in_the_midst_of_a_run() -> None:
    for forked in (False, True):
        command = [sys.executable, "-c", PARENT.format(forked=forked)]
        parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.5)  # the endless run has begun
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
        end = time.monotonic() + 60
        while _runs(worker):
            assert time.monotonic() < end, "the worker is still there"
            time.sleep(0.2)


def test_a_worker_that_sleeps_is_stopped_at_its_deadline() -> None:
    worker = Worker("tests.verify.sleeper", Access(), Limits(), isolated=False)
    worker.ask("pid", seconds=60)
    start = time.monotonic()
    with pytest.raises(WorkerFailed) as failure:
        worker.ask("sleep", seconds=1)
    assert failure.value.reason == "time"
    assert time.monotonic() - start < 60
    worker.close()


@pytest.mark.parametrize(
    ("elapsed", "waited", "passed"),
    [(9, 0, False), (11, 0, True), (11, 5, False), (40, 31, False), (51, 50, True)],
)
def test_waiting_for_a_processor_does_not_count(
    elapsed: float, waited: float, passed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_waited", lambda tree: {1: 3.0 + waited, 2: 1.0})
    start = time.monotonic() - elapsed
    deadline = Deadline(start, 10, {1: 3.0, 2: 0.5})
    assert deadline.passed(()) is passed


def test_what_a_thread_has_waited_is_read_from_the_system() -> None:
    waited = process._waited([os.getpid()])
    assert waited[os.getpid()] >= 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
