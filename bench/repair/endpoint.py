"""``python -m bench.repair.endpoint``: rule gaps and faults before a real model.

The catalogue is left out, so that every repair is the model's own. Each run leaves its
transcript, which ``tests/repair`` replays.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from bench.repair.__main__ import by_kind
from bench.repair.faults import Fault
from bench.repair.gaps import GAPPED
from bench.repair.models import BUILDERS, build
from bench.repair.pins import pin
from bench.repair.run import Port, opened, repaired, spoiled, with_task
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
        _keep(port, fault, provider, transcripts, f"gaps-{name}")


def _faults(
    name: str, per_kind: int, scratch: Path, transcripts: Path, provider: OpenAI
) -> None:
    """Of each kind some that the verifier rejects; which they are is not told."""
    with opened(name, build(name, scratch), scratch / f"{name}-port") as port:
        if not port.judged(port.text).passed:
            raise SystemExit(f"{name} does not pass as it is")
        measured = with_task(port)
        for kind, group in by_kind(port).items():
            place, found = measured if kind == "metric gap" else port, 0
            for sabotage in group:
                made = spoiled(place, sabotage) if found < per_kind else None
                stem = f"{name}-{sabotage.name}"
                if made is None or (transcripts / f"{stem}.jsonl").exists():
                    found += made is not None
                elif not made[0].judged(made[1].source).passed:
                    _keep(*made, provider, transcripts, stem)
                    found += 1


def _keep(
    port: Port, fault: Fault, provider: OpenAI, transcripts: Path, stem: str
) -> None:
    pin(port, fault, transcripts / stem)
    row = repaired(port, fault, Providers(None, provider), Budget())
    (port.folder / "repair.jsonl").replace(transcripts / f"{stem}.jsonl")
    with (transcripts / "rows.jsonl").open("a") as file:
        file.write(json.dumps(row.to_json()) + "\n")
    state = "repaired" if row.true else "open"
    click.echo(f"{row.model}: {state} after {row.iterations} iterations")


if __name__ == "__main__":
    main()
