"""What the figures say: ratios, regressions, and docs/performance.md."""

from __future__ import annotations

import os
import platform
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
REASONS = Path(__file__).with_name("reasons.toml")
BASELINES = ("reference", "tensorflow", "tensorflow_xla", "onnx2torch", "onnxruntime")
# The port's time over the baseline's, at the most.
AIMS = {"reference": 1.03, "tensorflow": 1.0, "onnx2torch": 1.0}
TITLES = {
    "inference": "Inference: the port's time over that of",
    "training": "A training step: the port's time over that of",
}
SECTIONS = """
## {title}

| | {names} |
|---|{rule}|
{rows}
"""


def ratios(part: str, row: dict[str, Any]) -> dict[str, float]:
    """Baseline → the port's median over the baseline's; below 1 the port is faster."""
    if part == "startup":
        return {"--help over python": row["tf2torch --help"] / row["python"]}
    if part == "conversion":
        ours, other = row.get("tf2torch"), row.get("tf2onnx")
        if not isinstance(ours, dict) or not isinstance(other, dict):
            return {}
        return {"tf2onnx": ours["seconds"] / other["seconds"]}
    seconds = row["seconds"]
    if "port" not in seconds:
        return {}
    known = [name for name in BASELINES if name in seconds]
    found = {name: seconds["port"] / seconds[name] for name in known}
    if "port_compiled" in seconds:
        found["port_compiled"] = seconds["port"] / seconds["port_compiled"]
    return found


def line(part: str, row: dict[str, Any]) -> str:
    """One row in the terminal."""
    text = [f"{ratio:.2f}× {name}" for name, ratio in ratios(part, row).items()]
    text += [f"no {name} ({why})" for name, why in row.get("missing", {}).items()]
    text += [f"no {n} ({r})" for n, r in row.items() if isinstance(r, str)]
    return ", ".join(text)


def regressions(
    recorded: dict[str, Any], found: dict[str, Any], worse: float
) -> list[str]:
    """Ratios that are more than ``worse`` times what is recorded."""
    texts = []
    for part, rows in found.items():
        for key, row in rows.items():
            old = recorded.get(part, {}).get(key)
            if old is None:
                texts.append(f"{part} {key}: nothing is recorded")
                continue
            before, now = ratios(part, old), ratios(part, row)
            for name in before.keys() & now.keys() - {"port_compiled"}:
                if now[name] > worse * before[name]:
                    figures = f"{now[name]:.2f}× {name}, was {before[name]:.2f}×"
                    texts.append(f"{part} {key}: {figures}")
    return sorted(texts)


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    names = {"python": platform.python_version(), "cores": str(os.cpu_count())}
    for info in Path("/proc/cpuinfo").read_text().splitlines():
        if info.startswith("model name"):
            names["cpu"] = info.split(":", 1)[1].strip()
            break
    from importlib.metadata import version

    for library in ("tensorflow", "torch", "tf2onnx", "onnx2torch", "onnxruntime"):
        names[library] = version(library)
    return names


def write(results: dict[str, Any]) -> None:
    PAGE.write_text(text(results))


def text(results: dict[str, Any]) -> str:
    """docs/performance.md; below 1.00 the port is the faster one."""
    facts = ", ".join(f"{k} {v}" for k, v in sorted(results["machine"].items()))
    parts = [
        "# Performance\n\nMade by `python -m bench` from `bench/results.json`; every"
        " figure is a ratio of medians of interleaved runs, with two threads and both"
        " sides warm. Below 1.00 tf2torch is the faster one. Ports run in eval mode,"
        f" as the serving graphs do.\n\nMachine: {facts}.\n"
    ]
    for part, title in TITLES.items():
        if part in results:
            parts.append(_table(title, part, results[part]))
    if "conversion" in results:
        parts.append(_conversion(results["conversion"]))
    if "startup" in results:
        parts.append(_startup(results["startup"]["seconds"]))
    missed = "\n".join(f"- {text}" for text in misses(results))
    parts.append(f"\n## Aims that are missed\n\n{missed or 'None.'}\n")
    return "".join(parts)


def _table(title: str, part: str, rows: dict[str, Any]) -> str:
    columns = [*BASELINES, "port_compiled"]
    lines = []
    for key, row in rows.items():
        known = ratios(part, row)
        cells = [f"{known[c]:.2f}" if c in known else "–" for c in columns]
        lines.append(f"| {key} | {' | '.join(cells)} |")
    names = [c.replace("_", " ") for c in columns]
    names[-1] = "itself under torch.compile"
    return SECTIONS.format(
        title=title,
        names=" | ".join(names),
        rule="|".join(["---:"] * len(columns)),
        rows="\n".join(lines),
    )


def _conversion(rows: dict[str, Any]) -> str:
    lines = []
    for key, row in rows.items():
        cells = [_figures(row.get(tool)) for tool in ("tf2torch", "tf2onnx")]
        ratio = ratios("conversion", row).get("tf2onnx")
        cells.append("–" if ratio is None else f"{ratio:.2f}")
        lines.append(f"| {key} | {' | '.join(cells)} |")
    return SECTIONS.format(
        title="Conversion, imports excluded",
        names="tf2torch | tf2onnx | time over tf2onnx's",
        rule="---:|---:|---:",
        rows="\n".join(lines),
    )


def _figures(result: dict[str, float] | str | None) -> str:
    if not isinstance(result, dict):
        return "fails" if result else "–"
    return f"{result['seconds']:.1f} s, {result['mebibytes']:.0f} MiB"


def _startup(seconds: dict[str, float]) -> str:
    rows = "\n".join(f"| {name} | {value:.2f} s |" for name, value in seconds.items())
    return SECTIONS.format(title="Start-up", names="median", rule="---:", rows=rows)


def misses(results: dict[str, Any]) -> Iterator[str]:
    """Each aim that is missed: by how much, and why as far as it is known."""
    reasons = tomllib.loads(REASONS.read_text()) if REASONS.exists() else {}
    for part in ("inference", "training", "conversion"):
        for key, row in results.get(part, {}).items():
            for name, ratio in ratios(part, row).items():
                aim = 1.0 if part == "conversion" else AIMS.get(name)
                if aim is not None and ratio > aim:
                    why = reasons.get(part, {}).get(key, {}).get(name)
                    why = why or reasons.get(part, {}).get(name, "reason not known")
                    yield f"{part}, {key}: {ratio:.2f}× {name} (aim {aim}): {why}"
