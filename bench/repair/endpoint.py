"""``python -m bench.repair.endpoint``: rule gaps and faults before a real model.

The catalogue is left out, so that every repair is the model's own. Each run leaves its
transcript, which ``tests/repair`` replays.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from bench.repair.__main__ import chosen
from bench.repair.faults import Fault
from bench.repair.gaps import GAPPED
from bench.repair.models import BUILDERS, build
from bench.repair.run import Row, opened, repaired
from tf2torch.api import start_tensorflow
from tf2torch.repair.budget import Budget
from tf2torch.repair.providers.openai import OpenAI
from tf2torch.repair.providers.selection import Providers
from tf2torch.rules import all_rules


@click.command()
@click.argument("transcripts", type=click.Path(path_type=Path))
@click.option("--base-url", required=True)
@click.option("--model", required=True)
@click.option("--api-key-env", default="OPENAI_API_KEY", show_default=True)
@click.option("--gap", "gaps", multiple=True, help="Only these models with gaps.")
@click.option("--faults", "of", multiple=True, type=click.Choice(list(BUILDERS)))
@click.option("--per-kind", default=1, show_default=True)
def main(
    transcripts: Path,
    base_url: str,
    model: str,
    api_key_env: str,
    gaps: tuple[str, ...],
    of: tuple[str, ...],
    per_kind: int,
) -> None:
    """Write a transcript per run and a line per run in rows.jsonl of TRANSCRIPTS."""
    start_tensorflow()
    transcripts.mkdir(parents=True, exist_ok=True)
    provider = OpenAI(model, base_url, api_key_env, timeout=1600.0)
    with tempfile.TemporaryDirectory() as scratch:
        for name in gaps:
            _gap(name, Path(scratch), transcripts, provider)
        for name in of:
            _faults(name, per_kind, Path(scratch), transcripts, provider)


def _gap(name: str, scratch: Path, transcripts: Path, provider: OpenAI) -> None:
    case = next(gapped for gapped in GAPPED if gapped.name == name)
    rules = all_rules().without(*case.without)
    with opened(name, case.save(scratch), scratch / f"{name}-port", rules) as port:
        fault = Fault("rule gap", "", len(case.without), port.text)
        row = repaired(port, fault, Providers(None, provider), Budget())
        _keep(row, port.folder, transcripts, f"gaps-{name}")


def _faults(
    name: str, per_kind: int, scratch: Path, transcripts: Path, provider: OpenAI
) -> None:
    with opened(name, build(name, scratch), scratch / f"{name}-port") as port:
        for fault in chosen(port.text, per_kind):
            row = repaired(port, fault, Providers(None, provider), Budget())
            if row.detected:
                place = f"{name}-{fault.name}".replace(" ", "_")
                _keep(row, port.folder, transcripts, place)


def _keep(row: Row, folder: Path, transcripts: Path, name: str) -> None:
    (folder / "repair.jsonl").replace(transcripts / f"{name}.jsonl")
    with (transcripts / "rows.jsonl").open("a") as file:
        file.write(json.dumps(row.to_json()) + "\n")
    state = "repaired" if row.true else "open"
    click.echo(f"{name}: {state} after {row.iterations} iterations")


if __name__ == "__main__":
    main()
