"""How long a port takes, in units that a faster or busier machine changes little."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tf2torch.golden.reference import Arrays, arguments

SECONDS = 0.5  # spent on one measurement
ROUNDS = (3, 60)  # at least, at most
SIZE = 192  # of the yardstick's matrices


def cost(module: Any, inputs: Arrays) -> float:
    """The best time of a forward pass over the best time of the yardstick, both taken
    in turns on one thread, so that what disturbs one disturbs the other."""
    import torch

    given = arguments(inputs)
    matrix = torch.linspace(-1, 1, SIZE * SIZE).reshape(SIZE, SIZE)

    def yardstick() -> None:
        torch.tanh(matrix @ matrix) @ matrix

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            return _ratio(lambda: module(**given), yardstick)
    finally:
        torch.set_num_threads(threads)


def _ratio(measured: Callable[[], object], unit: Callable[[], object]) -> float:
    measured(), unit()  # allocations and caches
    best = [float("inf"), float("inf")]
    end = time.perf_counter() + SECONDS
    for done in range(ROUNDS[1]):
        for place, call in enumerate((measured, unit)):
            start = time.perf_counter()
            call()
            best[place] = min(best[place], time.perf_counter() - start)
        if done + 1 >= ROUNDS[0] and time.perf_counter() > end:
            break
    return best[0] / best[1]
