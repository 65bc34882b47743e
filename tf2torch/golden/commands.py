"""``tf2torch golden record|check``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


@click.group()
def golden() -> None:
    """Pin converted models against new versions of tf2torch, TensorFlow or torch."""


@golden.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="The golden folder; what was recorded there is replaced.",
)
@click.option("--signature", help="Which signature; default: serving_default.")
@click.option("--input", "inputs", multiple=True, metavar="NAME", help="TF tensor.")
@click.option("--output", "outputs", multiple=True, metavar="NAME", help="TF tensor.")
@click.option("--sample", type=click.Path(path_type=Path), metavar="FILE.npz")
@click.option("--repair", is_flag=True, help="As in tf2torch convert.")
@click.option("--no-verify", is_flag=True, help="Pin the code and the state alone.")
@click.option("--trust-lambda", is_flag=True, help="As in tf2torch convert.")
@click.option("--unsafe-no-sandbox", is_flag=True, help="As in tf2torch convert.")
@JSON
def record(source: Path, folder: Path, as_json: bool, **given: Any) -> None:
    """Record SOURCE, a model or a port that was made before."""
    from tf2torch.golden.recording import record as run

    options = {
        "signature": given["signature"],
        "inputs": list(given["inputs"]) or None,
        "outputs": list(given["outputs"]) or None,
        "sample": given["sample"],
        "repair": given["repair"] or None,
        "verify": False if given["no_verify"] else None,
        "trust_lambda": given["trust_lambda"] or None,
        "sandbox": False if given["unsafe_no_sandbox"] else None,
    }
    written = run(source, folder, options=options)
    if as_json:
        known = {"folder": str(written.folder), "score": None}
        if written.facts.report:
            known["score"] = written.facts.report["score"]
        click.echo(json.dumps(known, indent=1))
    else:
        click.echo(str(written.folder))


@golden.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--source", type=click.Path(path_type=Path), help="The original model.")
@click.option("--update", is_flag=True, help="Accept: record what came out.")
@click.option(
    "--headroom",
    default=2.0,
    show_default=True,
    help="Times that an error may grow.",
    type=click.FloatRange(min=1.0),
)
@click.option(
    "--slack",
    default=2.0,
    show_default=True,
    help="Times that a pass may take longer.",
    type=click.FloatRange(min=1.0),
)
@JSON
def check(
    folder: Path,
    source: Path | None,
    update: bool,
    headroom: float,
    slack: float,
    as_json: bool,
) -> None:
    """Convert every golden model in FOLDER again. Exit 1: something got worse."""
    from tf2torch.diagnostics import SourceError
    from tf2torch.golden import Limits, find
    from tf2torch.golden import check as run

    folders = find(folder)
    if source is not None and len(folders) > 1:
        raise SourceError(f"--source is of one model, and {folder} holds several")
    limits = Limits(headroom=headroom, slack=slack)
    results = []
    for each in folders:
        result = run(each, source=source, update=update, limits=limits)
        results.append(result)
        if not as_json:
            click.echo(str(result))
    if as_json:
        click.echo(json.dumps([r.to_json() for r in results], indent=1))
    good = all(result.passed for result in results)
    sys.exit(0 if good or _accepted(results, update) else 1)


def _accepted(results: list[Any], update: bool) -> bool:
    """A model that cannot be converted has nothing that could be accepted."""
    return update and not any(
        found.kind == "convert" for result in results for found in result.regressions
    )
