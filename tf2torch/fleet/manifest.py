"""A manifest as a registry: CSV, JSON or YAML, one entry per model."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet.model import Model, options

ENDINGS = (".csv", ".json", ".yaml", ".yml")
OWN = ("name", "source", "owner")


def models(text: str, where: str, base: str) -> Iterator[Model]:
    """Entries: ``source`` (a path or URL), and optionally ``name``, ``owner`` and
    arguments of ``tf2torch.convert``. ``base``: the folder of relative paths."""
    for number, row in enumerate(_rows(text, where), 1):
        place = f"{where}, entry {number}"
        if not isinstance(row, Mapping) or not all(isinstance(k, str) for k in row):
            raise SourceError(f"{place}: an entry maps words to values")
        source = row.get("source")
        if not isinstance(source, str) or not source:
            raise SourceError(f"{place}: it names no source")
        rest = {key: value for key, value in row.items() if key not in OWN}
        name = str(row.get("name") or _name(source))
        owner = str(row.get("owner") or "")
        given = options(rest, place, Path(base))
        yield Model(name, _location(source, base), given, owner)


def _rows(text: str, where: str) -> list[Any]:
    ending = PurePosixPath(where).suffix
    try:
        if ending == ".csv":
            return _csv(text, where)
        found = json.loads(text) if ending == ".json" else _yaml(text)
    except ValueError as error:
        line = str(error).splitlines()[0]
        raise SourceError(f"{where} is no {ending[1:]} file: {line}") from None
    rows = found.get("models") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise SourceError(f"{where} holds no list of models")
    return rows


def _csv(text: str, where: str) -> list[Any]:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    if "source" not in (reader.fieldnames or ()):
        raise SourceError(f"{where} has no column 'source' in its first line")
    rows = list(reader)
    if any(None in row for row in rows):
        raise SourceError(f"{where}: a line has more fields than there are columns")
    return rows


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _name(source: str) -> str:
    """The path without what leads out of the manifest's folder."""
    path = source.split("://", 1)[-1].removeprefix("models:/")
    parts = [p for p in PurePosixPath(path).parts if p not in {"/", ".", ".."}]
    return "/".join(parts)


def _location(source: str, base: str) -> str:
    if "://" in source or source.startswith(("models:/", "/")):
        return source
    if "://" in base:
        return f"{base.rstrip('/')}/{source}"
    return str(Path(base) / source)
