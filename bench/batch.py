"""Throughput of a batch with one and two workers, and memory over many models.

    python bench/batch.py                 # 112 models verified by 1 and by 2 workers
    python bench/batch.py --memory 200    # 200 models through one worker

Prints JSON, with the load of the machine: on a busy one the ratio says little.
``cpu_seconds`` are those of all processes of a run, for each model; ``after_the_start``
is the rate once the first model is done.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
MIB = 1 << 20
LOOK = 0.1  # seconds between two looks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=112, help="of the throughput")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cpu", action="store_true", help="processor seconds, too")
    parser.add_argument("--memory", type=int, default=0, help="models in a row")
    chosen = parser.parse_args()
    found: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        if chosen.memory:
            found |= memory(registry(place / "many", chosen.memory), place)
        else:
            found |= throughput(registry(place / "some", chosen.models), place, chosen)
    print(json.dumps(found, indent=1))


def registry(root: Path, models: int) -> Path:
    """That many models of all healthy kinds, each with weights of its own."""
    from tests.fleet.models import HEALTHY, build

    build(root, -(-models // len(HEALTHY)))
    shutil.rmtree(root / "broken")
    return root


def throughput(root: Path, place: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Models per minute, verified; the start of the workers counts."""
    import tf2torch
    from tf2torch.fleet.registry import read

    names = [model.name for model in read(str(root))][: chosen.models]
    rates, steady, spent = {}, {}, {}
    for workers in chosen.workers:
        begin = time.monotonic()
        ends = []
        with Spent(chosen.cpu) as total:
            for result in tf2torch.batch(
                root, place / str(workers), jobs=workers, include=names
            ):
                assert result.outcome.is_good, result
                ends.append(time.monotonic())
        rates[workers] = round(60 * len(ends) / (ends[-1] - begin), 2)
        steady[workers] = round(60 * (len(ends) - 1) / (ends[-1] - ends[0]), 2)
        if chosen.cpu:
            spent[workers] = round(total.seconds / len(ends), 2)
    first = rates[chosen.workers[0]]
    ratios = {workers: round(rate / first, 2) for workers, rate in rates.items()}
    found = {"models": len(ends), "per_minute": rates, "ratio": ratios}
    return (
        found | {"after_the_start": steady} | ({"cpu_seconds": spent} if spent else {})
    )


class Spent:
    """Processor seconds of what is below this process, looked at again and again: a
    process that is killed tells its parent nothing."""

    def __init__(self, wanted: bool):
        self._wanted = wanted

    def __enter__(self) -> Spent:
        self._known: dict[tuple[int, float], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        return sum(self._known.values())

    def _look(self) -> None:
        import psutil

        while self._wanted and not self._over.wait(LOOK):
            for process in psutil.Process().children(recursive=True):
                try:
                    times = process.cpu_times()
                    mark = process.pid, process.create_time()
                except psutil.Error:
                    continue
                self._known[mark] = times.user + times.system


def memory(root: Path, place: Path) -> dict[str, Any]:
    """Resident memory of the worker and of this process as the models go by."""
    import psutil

    import tf2torch
    from tf2torch.fleet.events import Done

    worker: list[int] = []
    mine: list[int] = []

    def observe(event: object) -> None:
        if isinstance(event, Done):
            worker.append(event.worker_memory // MIB)
            mine.append(psutil.Process().memory_info().rss // MIB)

    begin = time.monotonic()
    settings = {"verify": False}
    for _ in tf2torch.batch(
        root, place / "out", jobs=1, convert=settings, observe=observe
    ):
        continue
    quarter = len(worker) // 4
    return {
        "models": len(worker),
        "seconds": round(time.monotonic() - begin, 1),
        "worker_mib": [worker[0], worker[quarter], worker[-1]],
        "main_mib": [mine[0], mine[quarter], mine[-1]],
    }


if __name__ == "__main__":
    main()
