"""What the figures say: ratios, regressions, and docs/performance.md."""

from __future__ import annotations

import os
import platform
import statistics
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
REASONS = Path(__file__).with_name("reasons.toml")
BASELINES = ("reference", "tensorflow", "tensorflow_xla", "onnx2torch", "onnxruntime")
# The port's time over the baseline's, at the most, in each row.
AIMS = {"reference": 1.03, "onnx2torch": 1.0}
# And in the median of all rows; the rows above it are explained all the same.
MEDIAN_AIMS = {"tensorflow": 1.0}
# Ratios that another processor changes: the two sides have kernels of their own.
OTHER_KERNELS = {"tensorflow", "tensorflow_xla", "onnxruntime"}
# Of a conversion: seconds for so many nodes, peak memory over the bytes of weights.
SECONDS_PER_NODE = 60 / 50_000
PEAK = 1.3
MANY = 10_000  # nodes from which the time counts
LARGE = 1 << 30  # bytes from which the peak counts
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
    if part == "scale":
        return {}
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
    if part == "scale":
        return ", ".join(f"{value:g} {name}" for name, value in row.items())
    text = [f"{ratio:.2f}× {name}" for name, ratio in ratios(part, row).items()]
    text += [f"no {name} ({why})" for name, why in row.get("missing", {}).items()]
    text += [f"no {n} ({r})" for n, r in row.items() if isinstance(r, str)]
    return ", ".join(text)


def regressions(
    recorded: dict[str, Any], found: dict[str, Any], worse: float
) -> dict[tuple[str, str, str], str]:
    """(part, row, baseline) → what is said of a ratio that is more than ``worse`` times
    the recorded one.

    On another processor than the recorded one, those to other libraries are left out.
    """
    texts = {}
    elsewhere = recorded.get("machine", {}).get("cpu") != machine().get("cpu")
    skipped = {"port_compiled"} | (OTHER_KERNELS if elsewhere else set())
    for part, rows in found.items():
        for key, row in rows.items():
            old = recorded.get(part, {}).get(key)
            if old is None:
                texts[part, key, ""] = f"{part} {key}: nothing is recorded"
                continue
            before, now = ratios(part, old), ratios(part, row)
            for name in before.keys() & now.keys() - skipped:
                if now[name] > worse * before[name]:
                    figures = f"{now[name]:.2f}× {name}, was {before[name]:.2f}×"
                    texts[part, key, name] = f"{part} {key}: {figures}"
    return texts


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
    if "scale" in results:
        parts.append(_scale(results["scale"]))
    if "startup" in results:
        parts.append(_startup(results["startup"]["seconds"]))
    parts.append(f"\n## Aims\n\n{_listed(aims(results))}")
    parts.append(f"\n## Aims that are missed\n\n{_listed(misses(results))}")
    parts.append(f"\n## Slower than TensorFlow\n\n{_listed(slower(results))}")
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


def _scale(rows: dict[str, dict[str, float]]) -> str:
    lines = []
    for key, row in rows.items():
        cells = [f"{row['nodes']:,.0f}", f"{row['bytes'] / 1e6:,.0f} MB"]
        cells += [f"{row['seconds']:.1f} s", f"{row['peak'] / 1e6:,.0f} MB"]
        lines.append(f"| {key} | {' | '.join(cells)} |")
    return SECTIONS.format(
        title="Conversion of what is large",
        names="nodes | weights | time | peak memory above the imports'",
        rule="---:|---:|---:|---:",
        rows="\n".join(lines),
    )


def _listed(texts: Iterable[str]) -> str:
    return "".join(f"- {text}\n" for text in texts) or "None.\n"


def aims(results: dict[str, Any]) -> Iterator[str]:
    """What is aimed at, and in how many rows it is reached."""
    for part in TITLES:
        known = [ratios(part, row) for row in results.get(part, {}).values()]
        for name, aim in AIMS.items():
            found = [row[name] for row in known if name in row]
            reached = sum(ratio <= aim for ratio in found)
            yield f"{part}: at most {aim}× {name}: {reached} of {len(found)} rows"
        for name, aim in MEDIAN_AIMS.items():
            middle = statistics.median(row[name] for row in known if name in row)
            word = "reached" if middle <= aim else "missed"
            yield f"{part}: at most {aim}× {name} in the median: {middle:.2f}, {word}"
    rows = [ratios("conversion", r) for r in results.get("conversion", {}).values()]
    faster = sum(row.get("tf2onnx", 0.0) < 1 for row in rows)
    yield f"conversion: faster than tf2onnx: {faster} of {len(rows)} models"


def misses(results: dict[str, Any]) -> Iterator[str]:
    """Each aim that is missed: by how much, and why as far as it is known."""
    for part in (*TITLES, "conversion"):
        for key, row in results.get(part, {}).items():
            for name, ratio in ratios(part, row).items():
                aim = 1.0 if part == "conversion" else AIMS.get(name)
                if aim is not None and ratio > aim:
                    why = _reason(part, key, name)
                    yield f"{part}, {key}: {ratio:.2f}× {name} (aim {aim}): {why}"
    for key, row in results.get("scale", {}).items():
        if row["nodes"] > MANY and row["seconds"] > SECONDS_PER_NODE * row["nodes"]:
            why = _reason("scale", key, "seconds")
            yield f"scale, {key}: {row['seconds']:.0f} s: {why}"
        if row["bytes"] > LARGE and row["peak"] > PEAK * row["bytes"]:
            ratio, why = row["peak"] / row["bytes"], _reason("scale", key, "peak")
            yield f"scale, {key}: {ratio:.2f}× the weights (aim {PEAK}): {why}"


def slower(results: dict[str, Any]) -> Iterator[str]:
    """Rows in which TensorFlow is the faster one, and why."""
    for part in TITLES:
        for key, row in results.get(part, {}).items():
            for name, aim in MEDIAN_AIMS.items():
                ratio = ratios(part, row).get(name, 0.0)
                if ratio > aim:
                    yield f"{part}, {key}: {ratio:.2f}×: {_reason(part, key, name)}"


@lru_cache(maxsize=1)
def _reasons() -> dict[str, Any]:
    return tomllib.loads(REASONS.read_text())


def _reason(part: str, key: str, name: str) -> str:
    """From reasons.toml: of this row, else of all rows of the part."""
    reasons = _reasons().get(part, {})
    return str(reasons.get(key, {}).get(name) or reasons.get(name) or "not known")
