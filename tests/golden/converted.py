"""A golden model, where it lies, and how it is converted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden_models.cache import built, meta


@dataclass(frozen=True)
class Golden:
    """A converted golden model; the port itself is loaded from its folder anew."""

    name: str
    source: Path
    folder: Path
    hints: tuple[str, ...]

    @property
    def meta(self) -> dict[str, Any]:
        return meta(self.name)

    @property
    def provenance(self) -> dict[str, Any]:
        return json.loads((self.folder / "provenance.json").read_text("utf-8"))

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text("utf-8"))


def options(name: str) -> dict[str, Any]:
    """What meta.toml says to `convert`."""
    facts = meta(name)
    wanted = {k: facts[k] for k in ("signature", "inputs", "outputs") if k in facts}
    if "sample" in facts:
        wanted["sample"] = source(name).with_name(facts["sample"])
    return wanted


def source(name: str) -> Path:
    path = built(name)
    assert path is not None, f"{name} is not built"
    return path
