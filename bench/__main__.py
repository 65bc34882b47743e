"""Run the dashboard: python -m bench [--part P]… [--model M]… [--quick [--check]].

Results go to bench/results.json, to a table here, and to docs/performance.md.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bench import conversion, page, plots, sources, startup
from bench.contenders import Task
from bench.pair import measure

RESULTS = Path(__file__).with_name("results.json")
PARTS = ("inference", "training", "conversion", "startup")
BATCHES = (1, 32)
# What CI measures: one model of each kind that is done in seconds.
QUICK = ("U-Net", "LSTM", "DeepFM")
WORSE = 1.5  # times the recorded ratio is a regression


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS))
@click.option("--model", "models", multiple=True, type=click.Choice([*sources.MODELS]))
@click.option("--rounds", default=7, show_default=True)
@click.option("--quick", is_flag=True, help="Few models, without torch.compile.")
@click.option("--check", is_flag=True, help="Compare with the recorded ratios only.")
def main(
    parts: tuple[str, ...],
    models: tuple[str, ...],
    rounds: int,
    quick: bool,
    check: bool,
) -> None:
    """Measure and record, or with --check compare with what is recorded."""
    wanted = models or (QUICK if quick else tuple(sources.MODELS))
    found: dict[str, Any] = {}
    for part in parts or PARTS:
        found[part] = {}
        for key, result in run(part, wanted, rounds, quick):
            found[part][key] = result
            click.echo(f"{part} {key}: {page.line(part, result)}")
    recorded = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if check:
        sys.exit(_report(page.regressions(recorded, found, WORSE)))
    for part, rows in found.items():
        recorded.setdefault(part, {}).update(rows)
    recorded["machine"] = page.machine()
    RESULTS.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    page.write(recorded)
    plots.draw(recorded)


def run(
    part: str, models: tuple[str, ...], rounds: int, quick: bool
) -> Iterator[tuple[str, Any]]:
    """Row of the table → its figures."""
    if part == "startup":
        yield "seconds", startup.compare(sources.saved_model("small_cnn"), rounds)
    elif part == "conversion":
        for title in models:
            path = sources.saved_model(sources.MODELS[title])
            yield title, conversion.compare(path, min(rounds, 3))
    else:
        for title in models:
            yield from _timed(title, part == "training", rounds, quick)


def _timed(
    title: str, training: bool, rounds: int, quick: bool
) -> Iterator[tuple[str, Any]]:
    import tf2torch

    name = sources.MODELS[title]
    path = sources.saved_model(name)
    with tempfile.TemporaryDirectory() as scratch:
        port = tf2torch.convert(path, output=Path(scratch) / "port", verify=False)
        for batch in BATCHES[1:] if training else BATCHES:
            task = Task(
                name,
                path,
                port.folder,
                sources.reference(name),
                sources.inputs(name, batch),
                training,
                compiled=not quick,
            )
            timings = measure(task, rounds)
            row = {"seconds": timings.seconds, "missing": timings.missing}
            yield f"{title}, batch {batch}", row


def _report(worse: list[str]) -> int:
    for text in worse:
        click.echo(f"slower than recorded: {text}", err=True)
    return 1 if worse else 0


if __name__ == "__main__":
    main()
