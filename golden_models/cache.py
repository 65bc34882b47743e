"""Where built models lie: once per build.py and Keras version, then only looked up."""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHARED = ("weights.py", "wheels.py", "cache.py")
LIBRARIES = ("tensorflow", "keras", "tf-keras", "keras-hub", "deepctr", "numpy")


def names() -> list[str]:
    """All golden models, in alphabetical order."""
    return sorted(path.parent.name for path in HERE.glob("*/build.py"))


def meta(name: str) -> dict[str, Any]:
    """meta.toml: where the model comes from, how to convert it, what is expected."""
    return tomllib.loads((HERE / name / "meta.toml").read_text("utf-8"))


def cache() -> Path:
    """$TF2TORCH_CACHE, or ~/.cache/tf2torch."""
    return Path(os.environ.get("TF2TORCH_CACHE", "~/.cache/tf2torch")).expanduser()


def built(name: str) -> Path | None:
    """The model as its build function left it, or None when it is not built yet."""
    folder = _folder(name)
    pointer = folder / "model.txt"
    return folder / pointer.read_text("utf-8") if pointer.exists() else None


def build(name: str) -> Path:
    """Build ``name`` in this process; beside first, so that half a model is no model.

    A model with ``legacy_keras`` needs TF_USE_LEGACY_KERAS=1 from the start.
    """
    folder = _folder(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{name}-"))
    try:
        module = importlib.import_module(f"golden_models.{name}.build")
        model = module.build(scratch).relative_to(scratch)
        (scratch / "model.txt").write_text(model.as_posix(), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder / model


def missing(wanted: Iterable[str], legacy: bool) -> list[str]:
    """Those of ``wanted`` that are not built and need this kind of process."""
    of_kind = [n for n in wanted if meta(n).get("legacy_keras", False) == legacy]
    return [name for name in of_kind if built(name) is None]


def _folder(name: str) -> Path:
    digest = hashlib.sha256()
    for path in (HERE / name / "build.py", *(HERE / shared for shared in SHARED)):
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return cache() / "golden" / f"{name}-{digest.hexdigest()[:12]}"
