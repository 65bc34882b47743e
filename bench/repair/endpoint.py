"""``python -m bench.repair.endpoint``: rule gaps and faults before a real model.

The catalogue is left out, so that every repair is the model's own. Each run leaves its
transcript, which ``tests/repair`` replays.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from bench.repair.__main__ import by_kind
from bench.repair.ablation import LEVELS, Told
from bench.repair.faults import Fault
from bench.repair.gaps import GAPPED
from bench.repair.models import BUILDERS, build
from bench.repair.pins import pin
from bench.repair.run import Port, opened, repaired, spoiled, with_task
from tf2torch.api import start_tensorflow
from tf2torch.diagnostics import Code
from tf2torch.repair.budget import Budget
from tf2torch.repair.providers import Provider
from tf2torch.repair.providers.openai import OpenAI
from tf2torch.repair.providers.selection import Providers
from tf2torch.rules import all_rules


@dataclass(frozen=True)
class Desk:
    """Who answers, for how much, and where it is written down."""

    provider: Provider
    budget: Budget
    transcripts: Path


@click.command()
@click.argument("transcripts", type=click.Path(path_type=Path))
@click.option("--base-url", required=True)
@click.option("--model", required=True)
@click.option("--api-key-env", default="OPENAI_API_KEY", show_default=True)
@click.option("--gap", "gaps", multiple=True, help="Only these models with gaps.")
@click.option("--faults", "of", multiple=True, type=click.Choice(list(BUILDERS)))
@click.option("--kind", "kinds", multiple=True, help="Only these kinds of faults.")
@click.option("--per-kind", default=1, show_default=True)
@click.option("--told", default="all", type=click.Choice(LEVELS), help="Of the hints.")
@click.option("--max-tokens", type=int, help="For one fault: the same at each level.")
def main(
    transcripts: Path,
    base_url: str,
    model: str,
    api_key_env: str,
    gaps: tuple[str, ...],
    of: tuple[str, ...],
    kinds: tuple[str, ...],
    per_kind: int,
    told: str,
    max_tokens: int | None,
) -> None:
    """Write a transcript per run and a line per run in rows.jsonl of TRANSCRIPTS."""
    start_tensorflow()
    transcripts.mkdir(parents=True, exist_ok=True)
    endpoint = OpenAI(model, base_url, api_key_env, timeout=1600.0)
    desk = Desk(Told(endpoint, told), Budget(tokens=max_tokens), transcripts)
    with tempfile.TemporaryDirectory() as scratch:
        for name in gaps:
            _gap(name, Path(scratch), desk)
        for name in of:
            _faults(name, kinds, per_kind, Path(scratch), desk)


def _gap(name: str, scratch: Path, desk: Desk) -> None:
    case = next(gapped for gapped in GAPPED if gapped.name == name)
    rules = all_rules().without(*case.without)
    with opened(name, case.save(scratch), scratch / f"{name}-port", rules) as port:
        fault = Fault("rule gap", "", len(case.without), port.text)
        _keep(port, fault, desk, f"gaps-{name}")


def _faults(
    name: str, kinds: tuple[str, ...], per_kind: int, scratch: Path, desk: Desk
) -> None:
    """Of each kind some that the verifier rejects; which they are is not told."""
    with opened(name, build(name, scratch), scratch / f"{name}-port") as port:
        if not port.judged(port.text).passed:
            raise SystemExit(f"{name} does not pass as it is")
        measured = with_task(port)
        for kind, group in by_kind(port, kinds).items():
            place, found = measured if kind == "metric gap" else port, 0
            for sabotage in group:
                made = spoiled(place, sabotage) if found < per_kind else None
                stem = f"{name}-{sabotage.name}"
                if made is None or (desk.transcripts / f"{stem}.jsonl").exists():
                    found += made is not None
                elif _is_found(*made):
                    _keep(*made, desk, stem)
                    found += 1


def _is_found(port: Port, fault: Fault) -> bool:
    """By the verifier, and a metric gap as one."""
    board = port.judged(fault.source)
    gap = Code.METRIC_GAP in {hint.code for hint in board.hints}
    return not board.passed and (gap or fault.kind != "metric gap")


def _keep(port: Port, fault: Fault, desk: Desk, stem: str) -> None:
    transcripts = desk.transcripts
    pin(port, fault, transcripts / stem)
    row = repaired(port, fault, Providers(None, desk.provider), desk.budget)
    (port.folder / "repair.jsonl").replace(transcripts / f"{stem}.jsonl")
    with (transcripts / "rows.jsonl").open("a") as file:
        file.write(json.dumps(row.to_json()) + "\n")
    state = "repaired" if row.true else "open"
    click.echo(f"{row.model}: {state} after {row.iterations} iterations")


if __name__ == "__main__":
    main()
