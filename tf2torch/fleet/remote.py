"""Models in object stores, through fsspec: listed at once, fetched one by one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet.model import Unreachable


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it; SourceError where there is none."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError, OSError) as error:
        raise SourceError(f"{url} cannot be opened: {error}") from None
    return system, str(path)


def files(url: str) -> list[str]:
    """The files below ``url``, relative to it, with slashes."""
    system, root = filesystem(url)
    try:
        found = system.find(root)
    except OSError as error:
        raise SourceError(f"{url} cannot be listed: {error}") from None
    if not found and not system.exists(root):
        raise SourceError(f"{url} does not exist")
    start = len(root.rstrip("/")) + 1
    return [path[start:] for path in found if len(path) >= start]


def read_text(url: str) -> str:
    system, path = filesystem(url)
    try:
        return bytes(system.cat_file(path)).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{url} cannot be read: {error}") from None


def digest(url: str) -> str:
    """sha256 over paths, and what the store says of their contents (an ETag, or size
    and time): nothing is downloaded."""
    system, path = filesystem(url)
    found = hashlib.sha256()
    names = [path, *system.glob(f"{path}.*")] if path.endswith(".meta") else [path]
    for root in names:
        for file in sorted(system.find(root)):
            found.update(f"{file} {system.checksum(file)}".encode())
    return found.hexdigest()


def fetch(url: str, folder: Path) -> Path:
    """Copy a model into ``folder``; the path that ``convert`` takes."""
    system, path = filesystem(url)
    target = folder / Path(path.rstrip("/")).name
    try:
        if system.isdir(path):
            system.get(path.rstrip("/"), str(target), recursive=True)
            return target
        stem = path[: -len(".meta")] if path.endswith(".meta") else None
        for file in [path] if stem is None else system.glob(f"{stem}.*"):
            system.get_file(file, str(folder / Path(file).name))
    except OSError as error:
        raise Unreachable(f"{url} cannot be fetched: {error}") from None
    return target
