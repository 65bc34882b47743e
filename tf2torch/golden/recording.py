"""Writing and reading golden folders."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tf2torch.api import convert, load_port
from tf2torch.diagnostics import SourceError
from tf2torch.golden import reference, speed
from tf2torch.golden.facts import Facts, gather

SCHEMA = 1
FILE = "golden.json"
OPTIONS = (
    "signature",
    "inputs",
    "outputs",
    "sample",
    "repair",
    "verify",
    "trust_lambda",
    "seed",
    "sandbox",
)
PATHS = ("sample",)
NAMED_ENDS = {"graph_def", "meta_graph"}  # kinds without signatures
LIBRARIES = ("tensorflow", "torch", "numpy")


@dataclass(frozen=True)
class Golden:
    """A golden folder as it was read. ``source`` is None where whoever checks must
    name it; then its fingerprint is not held either."""

    folder: Path
    facts: Facts
    source: Path | None
    options: dict[str, Any]
    inputs: dict[str, Any]
    latency: float | None
    versions: dict[str, str]

    @property
    def name(self) -> str:
        return self.folder.name


def record(
    source: str | Path,
    folder: str | Path,
    *,
    options: Mapping[str, Any] | None = None,
    named: bool = True,
) -> Golden:
    """Convert ``source`` and write what came out into ``folder``.

    A port folder as ``source`` is recorded as it is; its own source is what a check
    converts. ``options`` are arguments of ``tf2torch.convert``. ``named=False`` leaves
    the path of the source out. Raises SourceError.
    """
    given = _known(options or {})
    path = Path(source)
    if (path / "provenance.json").is_file():
        model, found = _origin(path)
        given = found | given
        write(path, Path(folder), model if named else None, given)
    else:
        with tempfile.TemporaryDirectory(prefix="tf2torch-golden-") as scratch:
            port = convert(path, output=Path(scratch) / "port", **given)
            write(port.folder, Path(folder), path if named else None, given)
    return read(folder)


def write(
    port: Path, folder: Path, source: Path | None, options: Mapping[str, Any]
) -> None:
    """The facts of ``port`` into ``folder``: the same bytes for the same facts, but
    for the latency."""
    facts = gather(port)
    inputs, outputs = reference.parts(port)
    known: dict[str, Any] = {
        "schema": SCHEMA,
        "source": source and _relative(source, folder),
        "fingerprint": facts.fingerprint if source else "",
        "options": _stored(options, folder) if source else {},
        "versions": {name: version(name) for name in LIBRARIES},
        "state": facts.state,
        "errors": facts.errors,
        "ratios": facts.ratios,
        "latency": None,
        "reference": {},
    }
    if inputs:
        known["latency"] = float(f"{speed.cost(load_port(port), inputs):.3g}")
        known["reference"] = {
            "inputs": reference.kinds(inputs),
            "outputs": reference.kinds(outputs),
            "digest": reference.digest(inputs),
        }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.py").write_text(facts.text, "utf-8")
    _dump(folder / "report.json", facts.report)
    _dump(folder / FILE, known)
    (folder / "reference.npz").unlink(missing_ok=True)
    if inputs:
        reference.write(folder / "reference.npz", inputs, outputs)


def read(folder: str | Path) -> Golden:
    """Raises SourceError where a file is missing or damaged."""
    folder = Path(folder)
    try:
        known = json.loads((folder / FILE).read_text("utf-8"))
        report = json.loads((folder / "report.json").read_text("utf-8"))
        text = (folder / "model.py").read_text("utf-8")
        source = known["source"]
        facts = Facts(
            text,
            report,
            known["errors"],
            known["ratios"],
            known["state"],
            known["fingerprint"],
        )
        return Golden(
            folder,
            facts,
            None if source is None else _absolute(source, folder),
            _resolved(known["options"], folder),
            known["reference"],
            known["latency"],
            known["versions"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{folder} is no golden folder that can be read "
            f"({type(error).__name__}: {error}): write it with tf2torch golden record"
        ) from None


def find(folder: str | Path) -> list[Path]:
    """All golden folders in ``folder``, in alphabetical order; SourceError if none."""
    root = Path(folder)
    found = sorted(path.parent for path in root.rglob(FILE))
    if not found:
        raise SourceError(f"no {FILE} in {root}: write one with tf2torch golden record")
    return found


def _known(options: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise SourceError(f"no option '{unknown[0]}': choose from {', '.join(OPTIONS)}")
    return {key: value for key, value in options.items() if value is not None}


def _origin(port: Path) -> tuple[Path, dict[str, Any]]:
    """The source that a port was made from, and how."""
    source = json.loads((port / "provenance.json").read_text("utf-8"))["source"]
    if not source.get("path"):
        raise SourceError(f"{port} was made from a live object: record a saved model")
    options: dict[str, Any] = {}
    if source["kind"] in NAMED_ENDS:
        options = {"inputs": source["inputs"], "outputs": source["outputs"]}
    elif source.get("signature"):
        options = {"signature": source["signature"]}
    return Path(source["path"]), options


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder.absolute() / path))


def _stored(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {
        key: _relative(Path(value), folder) if key in PATHS else value
        for key, value in sorted(options.items())
    }


def _resolved(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {
        key: _absolute(value, folder) if key in PATHS else value
        for key, value in options.items()
    }


def _dump(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
