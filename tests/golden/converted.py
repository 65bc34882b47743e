"""A golden model, where it lies, and its port."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden_models.cache import meta


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
