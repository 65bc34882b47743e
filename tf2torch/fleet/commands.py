"""``tf2torch batch``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Size(click.ParamType[int]):
    """Bytes: ``8G``, ``512M``."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        found = re.fullmatch(r"(\d+)([KMG]?)i?B?", str(value))
        if found is None:
            self.fail(f"'{value}' is no size: write 512M or 8G", param, ctx)
        return int(found[1]) * UNITS[found[2]]


@click.command()
@click.argument("registry")
@click.option(
    "-o",
    "--out",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Ports, logs, results.db and summary.html.",
)
@click.option("--include", multiple=True, metavar="GLOB", help="Only these names.")
@click.option("--all-versions", is_flag=True, help="Not the newest version alone.")
@click.option("--repair", is_flag=True, help="Regenerate what the verifier flags.")
@click.option("--provider", metavar="P", help="As in tf2torch convert.")
@click.option("--max-iterations", type=int, help="As in tf2torch convert.")
@click.option("--no-verify", is_flag=True, help="Convert only.")
@click.option("--trust-lambda", is_flag=True, help="Run Lambda code of Keras files.")
@click.option("--jobs", type=int, help="Models at a time; default: half the cores.")
@click.option("--time-limit", type=float, metavar="SECONDS", help="For a model.")
@click.option("--memory-limit", type=Size(), metavar="8G", help="For a model.")
@click.option("--resume", is_flag=True, help="Go on with the run that was cut off.")
@click.option("--force", is_flag=True, help="Also what has not changed.")
@click.option("--database", metavar="URL", help="Results go there (SQLAlchemy).")
@click.option("--publish", metavar="NAME", help="Register ports in MLflow; {name}.")
@click.option("--executor", type=click.Choice(["local", "ray"]), default="local")
@click.option("--address", help="Of the Ray cluster; default: one on this machine.")
@click.option("--gpus-per-model", type=float, default=0.0, metavar="0.25")
@click.option("--retries", type=int, default=2, help="When a node is lost.")
@click.option("--unsafe-no-sandbox", is_flag=True, help="As in tf2torch convert.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
def batch(registry: str, output: Path, as_json: bool, **given: Any) -> None:
    """Convert every model of REGISTRY: a folder, a manifest (.csv, .json, .yaml), a
    URL of either, or models:/NAME of MLflow.

    Exit 0: every model is ready. 1: some are not; summary.html says why.
    """
    from tf2torch.fleet.progress import shown
    from tf2torch.fleet.run import batch as run

    with shown() as observe:
        results = list(
            run(
                registry,
                output,
                include=given["include"],
                all_versions=given["all_versions"],
                convert=_settings(given),
                observe=observe,
                **_options(given),
            )
        )
    _report(results, output, as_json)
    sys.exit(0 if all(result.outcome.is_good for result in results) else 1)


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of ``convert`` that differ from its defaults."""
    wanted = {
        "repair": given["repair"] or None,
        "provider": given["provider"],
        "max_iterations": given["max_iterations"],
        "verify": False if given["no_verify"] else None,
        "trust_lambda": given["trust_lambda"] or None,
        "sandbox": False if given["unsafe_no_sandbox"] else None,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _options(given: dict[str, Any]) -> dict[str, Any]:
    names = (
        "jobs",
        "time_limit",
        "memory_limit",
        "resume",
        "force",
        "database",
        "publish",
        "executor",
        "address",
        "gpus_per_model",
        "retries",
    )
    return {name: given[name] for name in names if given[name] is not None}


def _report(results: list[Any], output: Path, as_json: bool) -> None:
    from tf2torch.fleet.summary import show, summarise

    summary = summarise(results)
    if as_json:
        ordered = sorted(results, key=lambda result: result.name)
        found: dict[str, Any] = {"summary": summary.to_json()}
        found["results"] = [result.to_json() for result in ordered]
        click.echo(json.dumps(found, indent=1))
        return
    from rich.console import Console

    show(summary, Console())
    click.echo(str(output / "summary.html"))
