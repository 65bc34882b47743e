"""The result of a verification: a value, the same bytes for the same port and data."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from tf2torch.diagnostics import Hint, Priority
from tf2torch.verify.gate import Dimension, Figure, Timing
from tf2torch.verify.readability import Readability

SCHEMA = 1
DIGITS = 3  # of a figure in a report: more would print rounding noise

# How the dimensions weigh in the score, in the order of Dimension: a port is there to
# be trained, then to agree, then to look like the original; style comes after that.
WEIGHTS = {
    Dimension.TRAINABILITY: 40.0,
    Dimension.PARITY: 30.0,
    Dimension.STRUCTURE: 15.0,
    Dimension.STYLE: 10.0,
    Dimension.METRIC: 5.0,
}


@dataclass(frozen=True)
class GateResult:
    """``skipped`` says why the gate did not run; then it neither passed nor failed."""

    name: str
    hard: bool
    dimension: Dimension
    passed: bool
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: str = ""
    timings: tuple[Timing, ...] = ()


@dataclass(frozen=True)
class Scoreboard:
    """``verified`` are the regions found right: a repair must leave them alone."""

    port: str
    fingerprint: str
    seed: int
    gates: tuple[GateResult, ...]
    hints: tuple[Hint, ...]
    verified: tuple[str, ...]
    sandboxed: bool = True
    readability: Readability | None = None
    absent: tuple[str, ...] = ()  # what training needs and the source does not say
    channels_first: tuple[str, ...] = ()  # inputs and outputs that TF has channels last

    @property
    def passed(self) -> bool:
        """Every hard gate ran and passed."""
        return all(gate.passed and not gate.skipped for gate in self.gates if gate.hard)

    @property
    def dimensions(self) -> dict[Dimension, float | None]:
        """The part of each dimension's figures that pass; None where none was taken."""
        found: dict[Dimension, float | None] = {}
        for dimension in Dimension:
            gates = [g for g in self.gates if g.dimension is dimension]
            figures = [figure for gate in gates for figure in gate.figures]
            good = sum(figure.passed for figure in figures)
            found[dimension] = good / len(figures) if figures else None
        return found

    @property
    def score(self) -> float:
        """0 to 100 over the dimensions that were measured; 0 when a hard gate fails."""
        if not self.passed:
            return 0.0
        known = {d: part for d, part in self.dimensions.items() if part is not None}
        total = sum(WEIGHTS[d] for d in known)
        reached = sum(WEIGHTS[d] * part for d, part in known.items())
        return 100.0 * reached / total if total else 0.0

    @property
    def rank(self) -> tuple[float, ...]:
        """Larger is better, among ports of one source; finer than the score, which is
        zero for all that are wrong."""
        hard = [g for g in self.gates if g.hard]
        reached = next((i for i, g in enumerate(hard) if not g.passed), len(hard))
        urgent = [h for h in self.hints if h.priority <= Priority.P2]
        parts = [part or 0.0 for part in self.dimensions.values()]
        return (float(reached), *parts, -float(len(urgent)), self.score)

    def to_json(self) -> dict[str, Any]:
        found = {
            "schema": SCHEMA,
            "port": self.port,
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "sandboxed": self.sandboxed,
            "passed": self.passed,
            "score": _rounded(self.score),
            "dimensions": {d.value: _rounded(p) for d, p in self.dimensions.items()},
            "gates": [_gate(gate) for gate in self.gates],
            "hints": [_hint(hint) for hint in self.hints],
            "verified": list(self.verified),
            "not in the source": list(self.absent),
            "readability": self.readability and self.readability.to_json(),
        }
        if self.channels_first:
            found["channels first"] = list(self.channels_first)
        return found

    @property
    def timings(self) -> tuple[Timing, ...]:
        """They are in no report: these are the same bytes each time."""
        return tuple(timing for gate in self.gates for timing in gate.timings)

    def dumps(self) -> str:
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"


def _gate(gate: GateResult) -> dict[str, Any]:
    return {
        "name": gate.name,
        "hard": gate.hard,
        "dimension": gate.dimension.value,
        "passed": None if gate.skipped else gate.passed,
        "skipped": gate.skipped,
        "notes": list(gate.notes),
        "figures": [
            {key: _rounded(value) for key, value in asdict(figure).items()}
            for figure in gate.figures
        ],
    }


def _hint(hint: Hint) -> dict[str, object]:
    return {key: _rounded(value) for key, value in hint.to_json().items()}


def _rounded(value: Any) -> Any:
    """Floats to DIGITS significant digits; JSON has no words for NaN and infinity."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, tuple | list):
        return [_rounded(item) for item in value]
    return value
