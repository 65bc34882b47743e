"""What tells whether a model, and how it is converted, is the same as before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet import remote
from tf2torch.fleet.model import Model

LIBRARIES = ("tf2torch", "tensorflow", "torch")
CHUNK = 1 << 20


def key(model: Model, settings: Mapping[str, Any]) -> str:
    """sha256 over content, options, settings and versions; "" for a model in a store
    that does not answer."""
    try:
        content = digest(model)
    except (OSError, SourceError):
        return ""
    sample = str(model.options.get("sample", ""))
    extra = of_path(Path(sample)) if sample else ""
    known = [content, extra, model.options, dict(settings), versions()]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def digest(model: Model) -> str:
    if model.location.startswith("models:/"):
        return hashlib.sha256(model.location.encode()).hexdigest()  # never rewritten
    return (
        of_path(Path(model.location))
        if model.is_local
        else remote.digest(model.location)
    )


def of_path(path: Path) -> str:
    """sha256 over names and bytes of a file, a folder, or a checkpoint's files."""
    found = hashlib.sha256()
    for file in _files(path):
        if not file.is_file():
            found.update(f"{file} is missing".encode())
            continue
        name = file.relative_to(path.parent).as_posix()
        found.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                found.update(chunk)
    return found.hexdigest()


def versions() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = ""
    return found


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix == ".meta":
        return sorted(path.parent.glob(f"{path.stem}.*"))
    return [path]
