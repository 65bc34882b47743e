"""ruff, as it is run over source that leaves tf2torch."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

# Its arguments, one run after the other: the order of imports, then the format.
STEPS = (
    ("check", "--isolated", "--select", "I,F401", "--fix", "-q", "-"),
    ("format", "--isolated", "--line-length", "88", "-q", "-"),
)


def run_ruff(step: tuple[str, ...], text: str) -> subprocess.CompletedProcess[str]:
    """What ruff makes of ``text`` is its stdout."""
    command = [*_ruff(), *step]
    return subprocess.run(command, input=text, capture_output=True, text=True)


@lru_cache(maxsize=1)
def _ruff() -> tuple[str, ...]:
    """The program itself: ``python -m ruff`` first starts an interpreter."""
    beside = Path(sys.executable).with_name("ruff")
    return (str(beside),) if beside.is_file() else (sys.executable, "-m", "ruff")
