"""A registry of healthy and broken models runs through; unchanged ones are skipped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

import tf2torch
from tests.fleet.models import BROKEN, HEALTHY, module
from tf2torch.fleet.events import Done, Stage
from tf2torch.fleet.result import Outcome, Result

UNVERIFIED = {"verify": False}
QUICK = {"include": ["*_0*", "ranker*", "broken/truncated"], "convert": UNVERIFIED}
LIMITS = {"time_limit": 40.0, "memory_limit": 3 << 30}


@pytest.fixture(scope="module")
def manifest(registry: Path) -> Path:
    """The registry, with the verifier for the model that only it can hang on."""
    from tf2torch.fleet.registry import read

    entries = [
        {"name": m.name, "source": m.location, "verify": m.name == "broken/endless"}
        for m in read(str(registry))
    ]
    path = registry.parent / "manifest.json"
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture(scope="module")
def done(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Results of all, by name."""
    out = tmp_path_factory.mktemp("out")
    found = tf2torch.batch(manifest, out, jobs=2, **LIMITS)
    return {result.name: result for result in found}


@pytest.mark.parametrize("name", [*HEALTHY, "ranker"])
def test_healthy_model(name: str, done: dict[str, Result]) -> None:
    ending = HEALTHY.get(name, ("",))[0]
    result = done["ranker" if name == "ranker" else f"{name}_0{ending}"]
    assert result.outcome is Outcome.CONVERTED, result.reason
    assert (Path(result.folder) / "model.py").is_file()


@pytest.mark.parametrize("name", BROKEN)
def test_broken_model(name: str, done: dict[str, Result]) -> None:
    ending, _, outcome, words = BROKEN[name]
    result = done[f"broken/{name}{ending}"]
    assert result.outcome.value == outcome
    assert words in result.reason
    assert bool(result.folder) == result.outcome.has_port


def test_newest_version(done: dict[str, Result]) -> None:
    assert done["ranker"].location.endswith("ranker/10")


def test_summary_page(done: dict[str, Result], manifest: Path) -> None:
    folder = Path(next(r.folder for r in done.values() if r.folder))
    out = next(p for p in folder.parents if (p / "results.db").is_file())
    page = (out / "summary.html").read_text("utf-8")
    for result in done.values():
        assert result.name in page
    assert "ReadFile" in page


def test_verified_in_a_worker(registry: Path, tmp_path: Path) -> None:
    """With the verifier, from an object store's URL."""
    url = f"file://{registry}"
    (result,) = tf2torch.batch(url, tmp_path / "out", include=["module_0"])
    assert result.outcome is Outcome.VERIFIED, result.reason
    assert result.score == 100.0


def test_unchanged_is_skipped(registry: Path, tmp_path: Path) -> None:
    root = tmp_path / "registry"
    for name in ("module_0", "exported_0"):
        shutil.copytree(registry / name, root / name)
    shutil.copy(registry / "frozen_0.pb", root)

    def run(**options: Any) -> dict[str, bool]:
        found = tf2torch.batch(
            root, tmp_path / "out", jobs=2, convert=UNVERIFIED, **options
        )
        return {result.name: result.reused for result in found}

    names = ("exported_0", "frozen_0.pb", "module_0")
    assert run() == dict.fromkeys(names, False)
    assert run() == dict.fromkeys(names, True)
    shutil.rmtree(root / "module_0")
    module(root / "module_0", 5)
    assert run() == {"exported_0": True, "frozen_0.pb": True, "module_0": False}
    shutil.rmtree(tmp_path / "out" / "ports" / "exported_0")
    assert run() == {"exported_0": False, "frozen_0.pb": True, "module_0": True}
    assert run(force=True, include=["frozen*"]) == {"frozen_0.pb": False}


COMMAND = [sys.executable, "-m", "tf2torch.cli", "batch"]
WORDS = [word for glob in QUICK["include"] for word in ("--include", glob)]
WORDS += ["--no-verify", "--jobs", "2"]


def started(registry: Path, out: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, str(registry), "-o", str(out), *WORDS, *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def killed_after(run: subprocess.Popen[str], lines: int, seconds: float) -> list[str]:
    """The lines of progress until the run was killed."""
    assert run.stderr is not None
    seen = [run.stderr.readline() for _ in range(lines)]
    time.sleep(seconds)
    family = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.communicate()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive, "workers outlive the run"
    return seen


def table(out: Path, registry: Path) -> dict[str, tuple[Any, ...]]:
    from tf2torch.fleet.store import Store

    store = Store(f"sqlite:///{out / 'results.db'}", out)
    run = store.last(str(registry), UNVERIFIED)
    assert run is not None
    found = {name: result.stable for name, result in store.results(run).items()}
    store.close()
    return found


def test_killed_and_resumed(registry: Path, tmp_path: Path) -> None:
    """Killed (-9) while the workers start, work, and write; the table is the same as
    without, and what was finished is not done again."""
    whole = tmp_path / "whole"
    results = list(tf2torch.batch(registry, whole, jobs=2, **QUICK))
    out = tmp_path / "killed"
    finished: set[str] = set()
    for lines, seconds in ((0, 1.5), (2, 0.0), (1, 0.3)):
        run = started(registry, out, "--resume")
        again = len(finished)
        seen = killed_after(run, lines + again, seconds)
        told = {line.split()[2]: "unchanged" in line for line in seen}
        assert all(told[name] for name in finished), seen
        finished |= told.keys()
    last = started(registry, out, "--resume")
    _, stderr = last.communicate()
    assert last.returncode == 1, stderr  # one model is truncated
    told = {line.split()[2]: "unchanged" in line for line in stderr.splitlines()}
    assert all(told[name] for name in finished), stderr
    assert table(out, registry) == table(whole, registry)
    assert len(table(out, registry)) == len(results)
    assert not list(out.glob("ports/.*")) and not list(out.glob(".answers/*"))


def test_resumed_with_another_option(registry: Path, tmp_path: Path) -> None:
    from tf2torch.diagnostics import SourceError

    one = {"include": ["frozen*"]}
    list(tf2torch.batch(registry, tmp_path / "out", convert=UNVERIFIED, **one))
    with pytest.raises(SourceError, match="had another repair"):
        settings = {"verify": False, "repair": True}
        list(
            tf2torch.batch(
                registry, tmp_path / "out", convert=settings, resume=True, **one
            )
        )


def test_model_process_is_killed(registry: Path, tmp_path: Path) -> None:
    """A crash is the model's result; the worker goes on."""
    found = run_and_kill(registry, tmp_path, victim=1)
    assert found["broken/endless"].outcome is Outcome.CRASHED
    assert "signal 9" in found["broken/endless"].reason
    assert found["frozen_0.pb"].outcome is Outcome.CONVERTED


@pytest.mark.slow
def test_worker_is_killed(registry: Path, tmp_path: Path) -> None:
    """The model is begun again by another worker."""
    found = run_and_kill(registry, tmp_path, victim=0)
    assert found["broken/endless"].outcome is Outcome.TIMEOUT
    assert found["frozen_0.pb"].outcome is Outcome.CONVERTED


def workers() -> list[psutil.Process]:
    """The children of this process that convert: others are the verifier's zygotes."""
    children = psutil.Process().children()
    return [p for p in children if "tf2torch.fleet.worker" in p.cmdline()]


def run_and_kill(registry: Path, tmp_path: Path, victim: int) -> dict[str, Result]:
    """Kill the worker (0), or its child (1), once, when the verifier hangs."""
    killed = threading.Event()

    def observe(event: object) -> None:
        if isinstance(event, Stage) and event.text == "starting TensorFlow":
            if not killed.is_set():
                killed.set()
                (worker,) = workers()
                family = [worker, *worker.children()]
                os.kill(family[victim].pid, signal.SIGKILL)

    entries = [
        {"name": "broken/endless", "source": str(registry / "broken/endless")},
        {"name": "frozen_0.pb", "source": str(registry / "frozen_0.pb")},
    ]
    entries[1]["verify"] = "no"
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(entries))
    found = tf2torch.batch(
        path, tmp_path / "out", jobs=1, time_limit=15.0, observe=observe
    )
    return {result.name: result for result in found}


def test_stopped_early(registry: Path, tmp_path: Path) -> None:
    """Closing the iterator ends the workers at once."""
    others = set(psutil.Process().children(recursive=True))
    results = tf2torch.batch(registry, tmp_path / "out", jobs=2, **QUICK)
    next(results)
    before = set(psutil.Process().children(recursive=True)) - others
    results.close()  # type: ignore[attr-defined]
    assert before and not psutil.wait_procs(before, timeout=20)[1]


def test_zygotes_outlive_what_they_fork(registry: Path, tmp_path: Path) -> None:
    """A hanging original is killed at its limit; the next model has the same zygotes,
    and after the run nothing is left."""
    seen: dict[str, set[int]] = {}
    others = {p.pid for p in zygotes()}  # of other tests in this process

    def observe(event: object) -> None:
        if isinstance(event, Done):
            seen[event.result.name] = {p.pid for p in zygotes()} - others

    entries = [
        {"name": name, "source": str(registry / name)}
        for name in ("broken/endless", "frozen_0.pb")
    ]
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(entries))
    done = tf2torch.batch(
        path, tmp_path / "out", jobs=1, time_limit=20.0, observe=observe
    )
    found = {result.name: result.outcome for result in done}
    assert found == {
        "broken/endless": Outcome.TIMEOUT,
        "frozen_0.pb": Outcome.VERIFIED,
    }
    assert seen["broken/endless"] == seen["frozen_0.pb"]
    assert len(seen["frozen_0.pb"]) == 2
    assert not [p for p in psutil.process_iter() if p.pid in seen["frozen_0.pb"]]


def zygotes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [p for p in children if "tf2torch.verify.zygote" in p.cmdline()]
