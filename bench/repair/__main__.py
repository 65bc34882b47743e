"""``python -m bench.repair``: inject faults, run the loop, count what converges."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.repair.faults import Fault, faults
from bench.repair.models import BUILDERS, build
from bench.repair.report import ENDPOINT_ROWS, write
from bench.repair.run import Port, Row, opened, repaired
from tf2torch.api import start_tensorflow
from tf2torch.repair.providers.catalog import Catalog
from tf2torch.repair.providers.selection import Providers


@click.command()
@click.option("--model", "models", multiple=True, type=click.Choice(list(BUILDERS)))
@click.option("--kind", "kinds", multiple=True, help="Only these kinds of faults.")
@click.option("--per-kind", default=5, show_default=True, help="And model.")
@click.option("--rows", type=click.Path(path_type=Path), help="Resumable, JSON lines.")
def main(
    models: tuple[str, ...], kinds: tuple[str, ...], per_kind: int, rows: Path | None
) -> None:
    """Faults in small ports, repaired by the catalog alone."""
    start_tensorflow()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = rows or folder / "rows.jsonl"
        known = _read(rows)
        done = {(row["model"], row["name"]) for row in known}
        for name in models or tuple(BUILDERS):
            source = build(name, folder)
            with opened(name, source, folder / f"{name}-port") as port:
                _run(port, kinds, per_kind, rows, done)
        if not models and not kinds:
            write(_read(rows), json.loads(ENDPOINT_ROWS.read_text()))


def _run(
    port: Port,
    kinds: tuple[str, ...],
    per_kind: int,
    rows: Path,
    done: set[tuple[str, str]],
) -> None:
    board = port.judged(port.text)
    if not board.passed:
        raise SystemExit("\n".join(map(str, board.hints)))
    for fault in chosen(port.text, per_kind, kinds):
        if (port.model, fault.name) in done:
            continue
        row = repaired(port, fault, Providers(Catalog(), None))
        with rows.open("a") as file:
            file.write(json.dumps(row.to_json()) + "\n")
        click.echo(_line(row))


def chosen(text: str, per_kind: int, kinds: tuple[str, ...] = ()) -> list[Fault]:
    """At most ``per_kind`` of each kind, spread over the places where it fits."""
    found: dict[str, list[Fault]] = {}
    for fault in faults(text):
        found.setdefault(fault.kind, []).append(fault)
    picked = []
    for kind, group in found.items():
        if kinds and kind not in kinds:
            continue
        step = max(1, len(group) / per_kind)
        places = sorted({int(i * step) for i in range(min(per_kind, len(group)))})
        picked += [group[i] for i in places]
    return picked


def _line(row: Row) -> str:
    state = "not rejected" if not row.detected else "repaired" if row.true else "open"
    return (
        f"{row.model:10} {row.name:42} {row.code:22} {state:12} "
        f"{row.attempts} attempts {row.seconds:5.0f} s  {row.route}"
    )


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    main()
