"""Run the dashboard: python -m bench [--part P]… [--model M]… [--quick [--check]].

Results go to bench/results.json, to a table here, and to docs/performance.md. With
--check nothing is written: a ratio that is 1.5 times its recorded value is measured
once more, for longer, and is a regression if it stays so.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bench import conversion, page, plots, scale, sources, startup
from bench.contenders import Task
from bench.pair import measure

RESULTS = Path(__file__).with_name("results.json")
PARTS = ("inference", "training", "conversion", "scale", "startup")
BATCHES = (1, 32)
# What CI measures: models that are done in seconds, and no scale.
QUICK = ("U-Net", "DeepFM")
PAIRS = 3  # of processes at the most that a row is measured in, three rounds each
AGAIN = 3  # times that a regression is measured once more, before it is one
WORSE = 1.5  # times the recorded ratio is a regression


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS))
@click.option("--model", "models", multiple=True, type=click.Choice([*sources.MODELS]))
@click.option("--rounds", default=7, show_default=True)
@click.option("--compile/--no-compile", "compiled", default=True, show_default=True)
@click.option("--quick", is_flag=True, help="Few models and rounds, not compiled.")
@click.option("--check", is_flag=True, help="Compare with the recorded ratios only.")
def main(
    parts: tuple[str, ...],
    models: tuple[str, ...],
    rounds: int,
    compiled: bool,
    quick: bool,
    check: bool,
) -> None:
    """Measure and record, or with --check compare with what is recorded."""
    wanted = models or (QUICK if quick else tuple(sources.MODELS))
    chosen = parts or tuple(p for p in PARTS if not (quick and p == "scale"))
    recorded = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    rounds = min(rounds, 3) if quick else rounds
    compiled = compiled and not quick
    found = _measured(chosen, wanted, rounds, compiled)
    if check:
        sys.exit(_check(recorded, found, rounds))
    for part, rows in found.items():
        recorded.setdefault(part, {}).update(rows)
    recorded["machine"] = page.machine()
    RESULTS.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    page.write(recorded)
    plots.draw(recorded)


def _measured(
    parts: tuple[str, ...], models: tuple[str, ...], rounds: int, compiled: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        found[part] = {}
        for key, result in run(part, models, rounds, compiled):
            found[part][key] = result
            click.echo(f"{part} {key}: {page.line(part, result)}")
    return found


def _check(recorded: dict[str, Any], found: dict[str, Any], rounds: int) -> int:
    """What is slower than recorded is measured again: a regression stays one, while
    what else the machine does passes."""
    worse = page.regressions(recorded, found, WORSE)
    for _ in range(AGAIN):
        if not worse:
            break
        for text in worse.values():
            click.echo(f"again: {text}", err=True)
        models = tuple(
            m for m in sources.MODELS if any(m in row for _, row, _ in worse)
        )
        parts = tuple(part for part in found if any(part == p for p, _, _ in worse))
        again = _measured(parts, models or QUICK, 2 * rounds, compiled=False)
        still = page.regressions(recorded, again, WORSE)
        worse = {key: text for key, text in still.items() if key in worse}
    for text in worse.values():
        click.echo(f"slower than recorded: {text}", err=True)
    return 1 if worse else 0


def run(
    part: str, models: tuple[str, ...], rounds: int, compiled: bool
) -> Iterator[tuple[str, Any]]:
    """Row of the table → its figures."""
    if part == "startup":
        yield "seconds", startup.compare(sources.saved_model("small_cnn"), rounds)
    elif part == "scale":
        yield from scale.measured()
    elif part == "conversion":
        for title, name in sources.converted(models).items():
            path = sources.saved_model(name)
            yield title, conversion.compare(path, min(rounds, 3))
    else:
        for title in models:
            yield from _timed(title, part == "training", rounds, compiled)


def _timed(
    title: str, training: bool, rounds: int, compiled: bool
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
                compiled,
            )
            timings = measure(task, rounds, min(PAIRS, rounds // 3 or 1))
            row = {"seconds": timings.seconds, "missing": timings.missing}
            yield f"{title}, batch {batch}", row


if __name__ == "__main__":
    main()
