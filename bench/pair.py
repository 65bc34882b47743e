"""A process for each side, both warm; their runs alternate, so that whatever else the
machine does falls on all contenders alike."""

from __future__ import annotations

import gc
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from bench.contenders import Contenders, Task, tensorflow_side, torch_side

SIDES: dict[str, Callable[[Task], Contenders]] = {
    "tensorflow": tensorflow_side,
    "torch": torch_side,
}
SLICE = 0.2  # seconds that one contender runs before the next has its turn
SETTLE = 0.2  # seconds for the other side's threads to stop waiting for work
WARM_UPS = 3


@dataclass(frozen=True)
class Timings:
    """``seconds``: contender → median seconds of a run; ``missing``: → why not."""

    seconds: dict[str, float]
    missing: dict[str, str]


def measure(task: Task, rounds: int, pairs: int) -> Timings:
    """Every contender of both sides, ``rounds`` slices each, in turns of any order:
    who comes after whom must not matter. Nor must how a process happens to lay out its
    memory: ``pairs`` of processes share the rounds."""
    samples: dict[str, list[float]] = {}
    missing: dict[str, str] = {}
    for number in range(pairs):
        part = replace(task, order=number)
        with _side("tensorflow", part) as first, _side("torch", part) as second:
            names: list[tuple[Any, str]] = []
            for side in (first, second):
                ready, failed = _answer(side)
                names += [(side, name) for name in ready]
                missing |= failed
            order = random.Random(number)
            for _ in range(-(-rounds // pairs)):
                for side, name in order.sample(names, len(names)):
                    time.sleep(SETTLE)
                    side.send(name)
                    samples.setdefault(name, []).append(_answer(side))
    medians = {name: statistics.median(found) for name, found in samples.items()}
    return Timings(medians, missing)


@contextmanager
def _side(name: str, task: Task) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, name, task), daemon=True)
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.join(10)
        process.kill()


def _answer(side: Connection) -> Any:
    try:
        return side.recv()
    except EOFError:
        raise RuntimeError("a side of the benchmark has died; see above") from None


def _serve(connection: Connection, side: str, task: Task) -> None:
    import os

    os.environ["TF_NUM_INTRAOP_THREADS"] = "2"
    os.environ["TF_NUM_INTEROP_THREADS"] = "2"
    contenders = SIDES[side](task)
    kept = contenders.pop("keep", None)
    ready = {n: c for n, c in contenders.items() if not isinstance(c, str)}
    failed = {n: c for n, c in contenders.items() if isinstance(c, str)}
    for run in ready.values():
        for _ in range(WARM_UPS):
            run()
    gc.disable()
    connection.send((list(ready), failed))
    while True:
        try:
            name = connection.recv()
        except EOFError:
            del kept
            return
        connection.send(_slice(ready[name]))


def _slice(run: Callable[[], object]) -> float:
    """Seconds of a run, over as many as fit a slice; the first warms the caches."""
    run()
    count = 0
    start = time.perf_counter()
    while count == 0 or time.perf_counter() - start < SLICE:
        run()
        count += 1
    return (time.perf_counter() - start) / count
