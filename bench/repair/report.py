"""The figures of a run, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rates over the faults that the verifier rejects."""
    found = [row for row in rows if row["detected"]]
    kinds = sorted({row["kind"] for row in rows})
    fixed = [row for row in found if row["true"]]
    return {
        "faults": len(found),
        "kinds": len({row["kind"] for row in found}),
        "converged": len(fixed),
        "rate": round(len(fixed) / len(found), 3) if found else None,
        "claimed": sum(row["claimed"] for row in found),
        "false claims": sum(row["claimed"] and not row["true"] for row in found),
        "verified regions changed": sum(len(row["verified_changed"]) for row in found),
        "region flagged": sum(row["flagged"] for row in found),
        "iterations": _mean(fixed, "iterations"),
        "attempts": _mean(fixed, "attempts"),
        "tokens": sum(row["tokens"] for row in found),
        "regions touched": _mean([{"n": len(r["touched"])} for r in fixed], "n"),
        "not rejected by the verifier": sum(not row["detected"] for row in rows),
        "routes": dict(Counter(row["route"] for row in fixed).most_common()),
        "by kind": {kind: _by_kind(rows, kind) for kind in kinds},
    }


def _by_kind(rows: list[dict[str, Any]], kind: str) -> dict[str, int]:
    own = [row for row in rows if row["kind"] == kind]
    found = [row for row in own if row["detected"]]
    return {
        "faults": len(found),
        "converged": sum(row["true"] for row in found),
        "not rejected": len(own) - len(found),
    }


def _mean(rows: list[dict[str, Any]], key: str) -> float | None:
    return round(sum(row[key] for row in rows) / len(rows), 2) if rows else None


def write(rows: list[dict[str, Any]], path: Path) -> None:
    content = {"summary": summary(rows), "rows": rows}
    path.write_text(json.dumps(content, indent=1) + "\n")
