"""A process that a zygote forks is as enclosed as one that started cold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tf2torch.verify import warm
from tf2torch.verify.process import Worker, WorkerFailed
from tf2torch.verify.sandbox import Access, Limits
from tf2torch.verify.warm import Zygotes

MODULE = "tests.verify.prisoner"
SECONDS = 60.0
LIMITS = Limits(memory=1 << 30, scratch=1 << 20, processes=12)
STARTS = ("cold", "warm")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def zygotes() -> Iterator[Zygotes]:
    with Zygotes(2, (MODULE,)) as found:
        yield found


@pytest.fixture
def worker(
    request: pytest.FixtureRequest, zygotes: Zygotes, tmp_path: Path
) -> Iterator[Worker]:
    """May read ``tmp_path / "given"``, and nothing else that is not a library."""
    (tmp_path / "given").write_text("given")
    (tmp_path / "secret").write_text("secret")
    made = started(zygotes if request.param == "warm" else None, tmp_path / "given")
    yield made
    made.close()


def started(zygotes: Zygotes | None, given: Path) -> Worker:
    warm.use(zygotes.channels if zygotes else None)
    try:
        made = Worker(MODULE, Access(read=(given, HERE)), LIMITS)
    finally:
        warm.use(None)
    made.ask("status", seconds=SECONDS)
    assert (made._requests is not made._process.stdin) is bool(zygotes)
    return made


def test_both_starts_see_the_same_world(zygotes: Zygotes, tmp_path: Path) -> None:
    """Capabilities, privileges, mounts, files, descriptors, environment, limits."""
    (tmp_path / "given").write_text("given")
    seen = []
    for how in (None, zygotes):
        worker = started(how, tmp_path / "given")
        seen.append(worker.ask("status", seconds=SECONDS)[0])
        worker.close()
    cold, forked = seen
    assert set(cold) == set(forked)
    for name in cold:
        assert cold[name] == forked[name], name
    assert cold["status"]["CapBnd"] == "0000000000000000"
    assert cold["status"]["NoNewPrivs"] == "1"


def test_no_two_share_a_namespace(zygotes: Zygotes, tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")
    workers = [started(zygotes, tmp_path / "given") for _ in range(2)]
    asked = [w.ask("namespaces", seconds=SECONDS)[0] for w in workers]
    for worker in workers:
        worker.close()
    for name in os.listdir("/proc/self/ns"):
        places = {os.readlink(f"/proc/self/ns/{name}"), *(a[name] for a in asked)}
        assert len(places) == (1 if name.startswith("time") else 3), name


@pytest.mark.parametrize("worker", STARTS, indirect=True)
@pytest.mark.parametrize(
    "action",
    ["read", "write", "write_library", "connect", "capable", "see_others", "signal"],
)
def test_what_is_not_granted(worker: Worker, action: str, tmp_path: Path) -> None:
    path = str(tmp_path / ("given" if action == "write" else "secret"))
    answer, _ = worker.ask(action, seconds=SECONDS, path=path, pid=os.getpid())
    assert answer["stopped"], answer


@pytest.mark.parametrize("worker", STARTS, indirect=True)
def test_what_is_granted(worker: Worker, tmp_path: Path) -> None:
    path = str(tmp_path / "given")
    assert not worker.ask("read", seconds=SECONDS, path=path)[0]["stopped"]
    assert worker.ask("scratch", seconds=SECONDS)[0]["stopped"] == "28"  # no space


@pytest.mark.parametrize("worker", STARTS, indirect=True)
@pytest.mark.parametrize(
    ("action", "reason", "seconds"),
    [
        ("hang", "time", 1.0),
        ("grow", "memory", SECONDS),
        ("multiply", "processes", SECONDS),
        ("crash", "crash", SECONDS),
        ("leave", "crash", SECONDS),
        ("kill_all", "crash", SECONDS),
        ("daemons", "time", 1.0),
    ],
)
def test_what_breaks_a_limit_is_stopped_with_all_it_started(
    worker: Worker, action: str, reason: str, seconds: float
) -> None:
    space = worker.ask("namespaces", seconds=SECONDS)[0]["pid"]
    with pytest.raises(WorkerFailed) as failure:
        worker.ask(action, seconds=seconds)
    assert failure.value.reason == reason
    worker.close()
    end = time.monotonic() + 10
    while inside(space):
        assert time.monotonic() < end, "something is left in the sandbox"
        time.sleep(0.05)


def inside(space: str) -> list[int]:
    """Processes of a process namespace."""
    found = []
    for pid in psutil.pids():
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") == space:
                found.append(pid)
        except OSError:
            continue
    return found


def test_what_one_leaves_the_next_does_not_find(
    zygotes: Zygotes, tmp_path: Path
) -> None:
    (tmp_path / "given").write_text("given")
    for _ in range(2):
        worker = started(zygotes, tmp_path / "given")
        assert worker.ask("mark", seconds=SECONDS)[0] == {"found": []}
        worker.close()


def test_a_zygote_does_not_grow(zygotes: Zygotes, tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")

    def size() -> tuple[int, int, int]:
        process = psutil.Process(zygotes.running[0].pid)
        kept = process.memory_info().rss >> 20
        return process.num_fds(), len(process.children()), kept

    started(zygotes, tmp_path / "given").close()
    before = size()
    for _ in range(20):
        started(zygotes, tmp_path / "given").close()
    assert size() == before


def test_a_zygote_that_dies_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")
    with Zygotes(2, (MODULE,)) as zygotes:
        started(zygotes, tmp_path / "given").close()
        (first,) = zygotes.running
        first.send_signal(signal.SIGKILL)
        started(zygotes, tmp_path / "given").close()
        (second,) = zygotes.running
        assert second.pid != first.pid
    assert not psutil.pid_exists(second.pid)


def test_where_a_zygote_cannot_start_processes_start_cold(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")
    with Zygotes(2, ("tests.verify.sleeper",)) as zygotes:  # has no warm_up
        channels = zygotes.channels
        warm.use(channels)
        worker = Worker("tests.verify.sleeper", Access(read=(HERE,)), LIMITS)
        warm.use(None)
        assert worker.ask("pid", seconds=SECONDS)[0]["pid"]
        worker.close()


SETTINGS = """
import sys
import torch
from tf2torch.verify import candidate_worker

if sys.argv[1:]:
    candidate_worker.warm_up()
print(torch.get_deterministic_debug_mode(), torch.get_num_threads(),
      torch.utils.deterministic.fill_uninitialized_memory,
      torch.get_default_dtype(), torch.is_grad_enabled())
"""


def test_a_zygote_of_candidates_leaves_torch_as_it_is() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", SETTINGS, *words], capture_output=True, check=True
        ).stdout
        for words in ([], ["warm"])
    ]
    assert told[0] == told[1] != b""
