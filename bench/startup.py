"""How long the command line takes to answer, against the interpreter alone."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def commands(saved_model: Path) -> dict[str, list[str]]:
    program = shutil.which("tf2torch") or str(
        Path(sys.executable).with_name("tf2torch")
    )
    return {
        "python": [sys.executable, "-c", "pass"],
        "tf2torch --help": [program, "--help"],
        "tf2torch inspect": [program, "inspect", str(saved_model)],
        "import tensorflow": [sys.executable, "-c", "import tensorflow"],
    }


def compare(saved_model: Path, rounds: int) -> dict[str, float]:
    """Command → median seconds."""
    wanted = commands(saved_model)
    samples: dict[str, list[float]] = {name: [] for name in wanted}
    for number in range(rounds):
        for name in list(wanted) if number % 2 == 0 else list(wanted)[::-1]:
            samples[name].append(_seconds(wanted[name]))
    return {name: statistics.median(taken) for name, taken in samples.items()}


def _seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
