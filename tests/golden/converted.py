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


def pinned(report: dict[str, Any]) -> dict[str, Any]:
    """What a report must repeat on every machine: verdicts, counts, style figures.

    Errors of float32 differ in their last digits from machine to machine.
    """
    gates = {
        gate["name"]: {
            "passed": gate["passed"],
            "figures": _figures(gate, exact=gate["dimension"] == "style"),
        }
        for gate in report["gates"]
    }
    keys = ("code", "priority", "region")
    hints = [{key: hint[key] for key in keys} for hint in report["hints"]]
    passed = {"passed": report["passed"], "score": report["score"]}
    return passed | {"gates": gates, "hints": hints}


def _figures(gate: dict[str, Any], exact: bool) -> dict[str, Any]:
    """Figure → how many of how many passed, or what was observed."""
    found: dict[str, Any] = {}
    for figure in gate["figures"]:
        if exact:
            found[f"{figure['name']} {figure['subject']}".strip()] = figure["observed"]
        else:
            good, all_ = found.get(figure["name"], (0, 0))
            found[figure["name"]] = (good + figure["passed"], all_ + 1)
    return found
