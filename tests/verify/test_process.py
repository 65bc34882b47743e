"""Workers leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

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


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
