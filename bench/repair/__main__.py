"""``python -m bench.repair``: inject faults, run the loop, count what converges."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.repair.report import ENDPOINT_ROWS, SECONDS, write
from bench.repair.run import Port, Row, opened, repaired, spoiled, with_task
from bench.repair.sabotage import Sabotage, sabotages
from golden_models.sources import options, source
from tf2torch.api import start_tensorflow
from tf2torch.repair.budget import Budget
from tf2torch.repair.providers.catalog import Catalog
from tf2torch.repair.providers.selection import Providers

GOLDEN = (
    "straight_through small_cnn tf1_while_loop tensor_array_loop deepfm din vae "
    "mel_cnn stacked_bilstm bert_classifier gpt2 wavenet unet"
).split()


@click.command()
@click.option("--model", "models", multiple=True, type=click.Choice(GOLDEN))
@click.option("--kind", "kinds", multiple=True, help="Only these kinds of faults.")
@click.option("--per-kind", default=4, show_default=True, help="And model.")
@click.option("--rows", type=click.Path(path_type=Path), help="Resumable, JSON lines.")
@click.option("--page/--no-page", default=True, help="Write docs/repair.md.")
def main(
    models: tuple[str, ...],
    kinds: tuple[str, ...],
    per_kind: int,
    rows: Path | None,
    page: bool,
) -> None:
    """Faults in the compiler, mended in golden ports by the catalogue alone."""
    start_tensorflow()
    with tempfile.TemporaryDirectory() as scratch:
        rows = rows or Path(scratch) / "rows.jsonl"
        for name in models or GOLDEN:
            place, sample = source(name), options(name).get("sample")
            with opened(name, place, Path(scratch) / name, sample=sample) as port:
                _run(port, kinds, per_kind, rows)
        if page:
            write(_read(rows), json.loads(ENDPOINT_ROWS.read_text()))


def _run(port: Port, kinds: tuple[str, ...], per_kind: int, rows: Path) -> None:
    """Faults that the verifier does not reject are told, and others taken for them."""
    board = port.judged(port.text)
    if not board.passed:
        raise SystemExit("\n".join(map(str, board.hints)))
    measured = None if "vae" in port.model else with_task(port)
    known = {r["name"]: r for r in _read(rows) if r["model"] == port.model}
    for kind, group in by_kind(port, kinds).items():
        place = measured if kind == "metric gap" else port
        found = sum(r["detected"] for r in known.values() if r["kind"] == kind)
        for sabotage in group if place else ():
            if found >= per_kind or sabotage.name in known:
                continue
            row = _row(place or port, sabotage)
            if row is not None:
                found += row.detected
                with rows.open("a") as file:
                    file.write(json.dumps(row.to_json()) + "\n")
                click.echo(_line(row))


def _row(port: Port, sabotage: Sabotage) -> Row | None:
    made = spoiled(port, sabotage)
    if made is None:
        return None
    return repaired(*made, Providers(Catalog(), None), Budget(seconds=SECONDS))


def by_kind(port: Port, kinds: tuple[str, ...] = ()) -> dict[str, list[Sabotage]]:
    """Each kind's faults, in an order that is drawn, another one for each model."""
    found: dict[str, list[Sabotage]] = {}
    for sabotage in sabotages(port.source.graph):
        if not kinds or sabotage.kind in kinds:
            found.setdefault(sabotage.kind, []).append(sabotage)
    for group in found.values():
        random.Random(port.model).shuffle(group)
    return found


def _line(row: Row) -> str:
    state = "not rejected" if not row.detected else "repaired" if row.true else "open"
    return (
        f"{row.model:16} {row.name:46} {row.code:22} {state:12} "
        f"{row.attempts} attempts {row.seconds:5.0f} s  {row.route}"
    )


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    main()
