"""`pytest --golden golden_models`: the models are built into the cache when wanted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from golden_models.cache import built, names
from golden_models.sources import options, source


def pytest_golden_source(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    name = folder.parent.name
    if name not in names():
        return None
    if built(name) is None:
        command = [sys.executable, "-m", "golden_models", name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return source(name), options(name)
