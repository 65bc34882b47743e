"""A tree of folders as a registry: any mix of formats, versions as TF-Serving has them.

ranker/1/saved_model.pb, ranker/7/saved_model.pb   → ranker (version 7)
vision/resnet.keras                                → vision/resnet.keras
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")
# Folders that make a SavedModel even where its saved_model.pb is lost.
PARTS = ("variables",)
ENDINGS = (".keras", ".h5", ".hdf5", ".pb", ".meta", ".tflite")
SEVERAL_FILES = ".index"  # of a checkpoint; its .meta is the model


def models(files: Iterable[str], all_versions: bool) -> dict[str, str]:
    """Name → path, from the paths of all files below the root (with slashes)."""
    found = sorted(set(_roots(files)))
    groups: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for path in found:
        group, version = _version(path)
        groups[group].append((version, path))
    chosen: dict[str, str] = {}
    for (parent, rest), versions in sorted(groups.items()):
        name = "/".join(part for part in (parent, rest) if part)
        if versions[0][0] < 0 or not name:
            chosen |= {path: path for _, path in versions}
        elif all_versions:
            chosen |= {path: path for _, path in versions}
        else:
            chosen[name] = max(versions)[1]
    return _apart(chosen)


def _roots(files: Iterable[str]) -> Iterator[str]:
    """The folders of SavedModels, and the files that are models by themselves."""
    paths = [PurePosixPath(file) for file in files]
    folders = {p.parent for p in paths if p.name in SAVED_MODEL}
    folders |= {p.parent.parent for p in paths if p.parent.name in PARTS}
    yield from (str(folder) for folder in folders)
    known = {str(p) for p in paths}
    for path in paths:
        if any(parent in folders for parent in path.parents):
            continue
        if path.suffix in ENDINGS:
            yield str(path)
        elif path.suffix == SEVERAL_FILES:
            if f"{path.with_suffix('')}.meta" not in known:
                yield str(path)


def _version(path: str) -> tuple[tuple[str, str], int]:
    """``a/b/12/c`` → (("a/b", "c"), 12); -1 where nothing is a version."""
    parts = PurePosixPath(path).parts
    for place, part in enumerate(parts):
        if part.isdecimal() and place:
            return ("/".join(parts[:place]), "/".join(parts[place + 1 :])), int(part)
    return (path, ""), -1


def _apart(chosen: dict[str, str]) -> dict[str, str]:
    """A name that is also the folder of another one falls back to its path."""
    folders = {str(p) for name in chosen for p in PurePosixPath(name).parents}
    return {(path if n in folders else n): path for n, path in chosen.items()}
