"""A registry of 64 models, verified, killed at ten random moments: minutes of work.

`pytest -m slow tests/fleet/test_large.py`
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fleet.models import BROKEN, HEALTHY, build, versions
from tf2torch.fleet.registry import read

COPIES = 8
KILLS = 10
SECONDS = (3.0, 45.0)  # between two kills
SEED = 20
LIMITS = ["--time-limit", "120", "--memory-limit", "3G", "--jobs", "2"]
STABLE = ("name", "outcome", "reason", "score", "missing")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    build(root, COPIES)
    versions(root)
    return root


def manifest(root: Path, verify: bool) -> Path:
    """Only the verifier hangs on an endless loop: it runs for that one always."""
    entries = [
        {"name": m.name, "source": m.location, "verify": verify or "endless" in m.name}
        for m in read(str(root))
    ]
    path = root.with_suffix(".json")
    path.write_text(json.dumps(entries), "utf-8")
    return path


def start(root: Path, out: Path) -> subprocess.Popen[str]:
    """Output goes to files: nobody reads a pipe while a run is waited for."""
    command = [sys.executable, "-m", "tf2torch.cli", "batch", str(root)]
    command += ["-o", str(out), "--resume", "--json", *LIMITS]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        out.with_suffix(".json").open("w") as told,
        out.with_suffix(".log").open("a") as log,
    ):
        return subprocess.Popen(
            command, env=environment, stdout=told, stderr=log, text=True
        )


def finish(root: Path, out: Path) -> list[dict[str, Any]]:
    run = start(root, out)
    assert run.wait() == 1
    found = json.loads(out.with_suffix(".json").read_text("utf-8"))
    rows: list[dict[str, Any]] = found["results"]
    return rows


def stable(rows: list[dict[str, Any]]) -> list[Any]:
    return [[row[name] for name in STABLE] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("verify", [False, True], ids=["converted", "verified"])
def test_ten_kills(verify: bool, large: Path, tmp_path: Path) -> None:
    large = manifest(large, verify)
    moments = random.Random(SEED)
    out = tmp_path / "killed"
    for _ in range(KILLS):
        run = start(large, out)
        try:
            run.wait(moments.uniform(*SECONDS))
        except subprocess.TimeoutExpired:
            family = psutil.Process(run.pid).children(recursive=True)
            run.kill()
            run.wait()
            assert not psutil.wait_procs(family, timeout=30)[1]
    rows = finish(large, out)
    check(rows, verify)
    lines = out.with_suffix(".log").read_text("utf-8").splitlines()
    fresh = [line.split()[2] for line in lines if "  unchanged" not in line]
    assert len(fresh) == len(set(fresh)), "a finished model was done again"
    begin = time.monotonic()
    whole = finish(large, tmp_path / "whole")
    print(f"{len(whole)} models in {time.monotonic() - begin:.0f} s without a kill")
    assert stable(rows) == stable(whole)


def check(rows: list[dict[str, Any]], verify: bool) -> None:
    """Every healthy model is verified, every broken one has its own reason."""
    found = {row["name"]: row for row in rows}
    assert len(found) == COPIES * len(HEALTHY) + len(BROKEN) + 1 >= 60
    for name, (ending, _, outcome, words) in BROKEN.items():
        row = found.pop(f"broken/{name}{ending}")
        assert (row["outcome"], words in row["reason"]) == (outcome, True), row
    for row in found.values():
        assert row["outcome"] == ("verified" if verify else "converted"), row
