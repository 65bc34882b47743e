"""The ratios as pictures: one SVG for each part, beside the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.page import BASELINES, ratios

FOLDER = Path(__file__).parent.parent / "docs"


def draw(results: dict[str, Any]) -> None:
    """docs/performance-PART.svg; bars left of 1 are models on which the port wins."""
    for part in ("inference", "training"):
        rows = {key: ratios(part, row) for key, row in results.get(part, {}).items()}
        if rows:
            _bars(rows, part).savefig(FOLDER / f"performance-{part}.svg")


def _bars(rows: dict[str, dict[str, float]], part: str) -> Any:
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["svg.hashsalt"] = part  # the same figures give the same file
    names = [n for n in BASELINES if any(n in row for row in rows.values())]
    figure = Figure(figsize=(8, 0.5 + 0.16 * len(rows) * (len(names) + 1)))
    axes = figure.add_subplot()
    step = len(names) + 1
    for place, name in enumerate(names):
        spots = [step * i + place for i, row in enumerate(rows.values()) if name in row]
        widths = [row[name] for row in rows.values() if name in row]
        axes.barh(spots, widths, label=f"over {name.replace('_', ' ')}")
    axes.set_yticks([step * i + len(names) / 2 - 0.5 for i in range(len(rows))])
    axes.set_yticklabels(list(rows))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel(f"{part}: the port's time over the other's (log scale)")
    axes.legend(fontsize="small")
    figure.tight_layout()
    return figure
