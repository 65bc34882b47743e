"""The figures of the runs, as JSON and as docs/repair.md."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "repair.json"
TEMPLATE = Path(__file__).with_name("repair.md")
ENDPOINT_ROWS = ROOT / "tests" / "repair" / "transcripts" / "rows.json"

SECONDS = 100.0  # for one fault and the catalogue
Rows = list[dict[str, Any]]


def summary(rows: Rows) -> dict[str, Any]:
    """Rates over the faults that the verifier rejects."""
    found = [row for row in rows if row["detected"]]
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
        "iterations": _mean([row["iterations"] for row in fixed]),
        "attempts": _mean([row["attempts"] for row in fixed]),
        "tokens": sum(row["tokens"] for row in found),
        "regions touched": _mean([len(row["touched"]) for row in fixed]),
        "not rejected by the verifier": sum(not row["detected"] for row in rows),
        "routes": dict(Counter(row["route"] for row in fixed).most_common()),
    }


def counted(rows: Rows, column: str) -> dict[str, dict[str, int]]:
    """By the values of ``column``."""
    found: dict[str, dict[str, int]] = {}
    for value in sorted({row[column] for row in rows}):
        group = [row for row in rows if row[column] == value]
        found[value] = {
            "faults": sum(row["detected"] for row in group),
            "converged": sum(row["true"] for row in group),
            "not rejected": sum(not row["detected"] for row in group),
        }
    return found


def _mean(values: list[int]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def write(rows: Rows, endpoint: Rows) -> None:
    """bench/repair.json and docs/repair.md."""
    content = {
        "catalog": {
            "summary": summary(rows),
            "by kind": counted(rows, "kind"),
            "by model": counted(rows, "model"),
            "rows": rows,
        },
        "endpoint": {"summary": summary(endpoint), "rows": endpoint},
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n")
    (ROOT / "docs" / "repair.md").write_text(page(content))


def page(content: dict[str, Any]) -> str:
    """docs/repair.md: the text of repair.md with these figures."""
    catalog, endpoint = content["catalog"], content["endpoint"]
    gaps = [row for row in endpoint["rows"] if row["kind"] == "rule gap"]
    texts = [row for row in endpoint["rows"] if row["name"][-1:].isdigit()]
    texts = [row for row in texts if row not in gaps and "form" not in row["name"]]
    others = [r for r in endpoint["rows"] if r not in gaps and r not in texts]
    return TEMPLATE.read_text().format(
        seconds=SECONDS,
        catalog=_figures(catalog["summary"]),
        kinds=_counts("kind", catalog["by kind"]),
        models=_counts("model", catalog["by model"]),
        routes=_routes(catalog["summary"]["routes"]),
        gaps=_gaps(gaps),
        faults=_figures(summary(texts)),
        sabotaged=_figures(summary(others)),
        sabotages=_each(others),
    )


def _each(rows: Rows) -> str:
    head = "| model | fault | found as | iterations | attempts | tokens | passes |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for row in rows:
        name = row["name"].replace("_", " ")
        lines.append(
            f"| {row['model']} | {name} | {row['code']} | {row['iterations']} "
            f"| {row['attempts']} | {row['tokens']} | {_passes(row)} |"
        )
    return "\n".join(lines)


def _passes(row: dict[str, Any]) -> str:
    return "yes" if row["true"] else "no"


def _figures(found: dict[str, Any]) -> str:
    rows = [f"| {key} | {value} |" for key, value in found.items() if key != "routes"]
    return "\n".join(["| figure | value |", "|---|---|", *rows])


def _counts(what: str, found: dict[str, dict[str, int]]) -> str:
    head = f"| {what} | faults | converged | not rejected |\n|---|---|---|---|"
    rows = [
        f"| {k} | {v['faults']} | {v['converged']} | {v['not rejected']} |"
        for k, v in found.items()
    ]
    return "\n".join([head, *rows])


def _routes(found: dict[str, int]) -> str:
    return "\n".join(f"- {route or 'none'}: {count}" for route, count in found.items())


def _gaps(rows: Rows) -> str:
    head = "| model | functions written | iterations | attempts | tokens | passes |"
    lines = [head, "|---|---|---|---|---|---|"]
    for row in rows:
        names = ", ".join(f"`{name}`" for name in row["touched"])
        lines.append(
            f"| {row['model']} | {names} | {row['iterations']} | {row['attempts']} "
            f"| {row['tokens']} | {_passes(row)} |"
        )
    return "\n".join(lines)
