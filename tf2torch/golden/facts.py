"""What is pinned of a port: its text, verdicts, errors, state, and speed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What this gate and this hint say is measured on this machine at this hour.
TIMED_GATES = frozenset({"performance"})
TIMED_HINTS = frozenset({"PERFORMANCE"})
SHORTEST_SECONDS = 0.005  # below it a ratio is that of two overheads


@dataclass(frozen=True)
class Facts:
    """``report``: verdicts and counts that repeat on every machine. ``errors``: gate
    and figure → the worst error, as a part of what is allowed. ``ratios``: what was
    timed → the port's time over TensorFlow's. ``state``: key → dtype and shape."""

    text: str
    report: dict[str, Any]
    errors: dict[str, float]
    ratios: dict[str, float]
    state: dict[str, str]
    fingerprint: str


def gather(port: Path) -> Facts:
    """The facts of a port folder; a port without report.json has no verdicts."""
    report: dict[str, Any] = {}
    if (port / "report.json").is_file():
        report = json.loads((port / "report.json").read_text("utf-8"))
    provenance = json.loads((port / "provenance.json").read_text("utf-8"))
    return Facts(
        (port / "model.py").read_text("utf-8"),
        pinned(report) if report else {},
        _errors(report),
        _ratios(port),
        state(port),
        str(provenance["source"].get("fingerprint") or ""),
    )


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
        if gate["name"] not in TIMED_GATES
    }
    keys = ("code", "priority", "region")
    hints = [
        {key: hint[key] for key in keys}
        for hint in report["hints"]
        if hint["code"] not in TIMED_HINTS
    ]
    passed = {"passed": report["passed"], "score": report["score"]}
    return passed | {"gates": gates, "hints": hints}


def state(port: Path) -> dict[str, str]:
    """``conv1.weight`` → ``F32 [8, 3, 3, 3]``, from the headers of the weights."""
    from safetensors import safe_open

    found: dict[str, str] = {}
    for file in sorted(port.glob("weights*.safetensors")):
        with safe_open(file, "numpy") as tensors:
            for key in tensors.keys():  # noqa: SIM118 # no mapping
                view = tensors.get_slice(key)
                found[key] = f"{view.get_dtype()} {view.get_shape()}"
    return dict(sorted(found.items()))


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


def _errors(report: dict[str, Any]) -> dict[str, float]:
    worst: dict[str, float] = {}
    for gate in report.get("gates", ()):
        if gate["name"] in TIMED_GATES:
            continue
        for figure in gate["figures"]:
            part = _part(figure["observed"], figure["tolerance"])
            if part is not None:
                name = f"{gate['name']}: {figure['name']}"
                worst[name] = max(part, worst.get(name, 0.0))
    return {name: float(f"{part:.3g}") for name, part in worst.items()}


def _part(observed: object, tolerance: object) -> float | None:
    """Observed over allowed; infinities are words in JSON."""
    if observed is None or tolerance is None:
        return None
    error, allowed = float(str(observed)), float(str(tolerance))
    if allowed == 0.0:
        return 0.0 if error == 0.0 else float("inf")
    return float("inf") if error != error else error / allowed


def _ratios(port: Path) -> dict[str, float]:
    """The port's best time over TensorFlow's, from what the verifier timed; where a
    pass is too short to say, nothing."""
    path = port / "performance.json"
    timings = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return {
        timing["kind"]: float(f"{min(timing['port']) / min(timing['original']):.3g}")
        for timing in timings
        if min(timing["port"]) >= SHORTEST_SECONDS
    }
