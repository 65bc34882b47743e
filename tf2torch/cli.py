"""The command line: argv → API → stdout (results) and stderr (people).

Exit 0: every hard gate passed. 1: ported, but a hard gate failed. 2: usage, or a
source that cannot be read. Where the repair's provider could not be asked and a hard
gate failed: 3 unreachable, 4 it refused the key or the model, 5 rate limit or quota.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tf2torch.fleet.commands import batch
from tf2torch.golden.commands import golden
from tf2torch.repair_options import repair_options, taken_settings

if TYPE_CHECKING:
    from tf2torch.api import Port, Progress

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
SANDBOX = click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run the original and the port without a sandbox. Only for models you trust.",
)
SAMPLE = click.option(
    "--sample",
    type=click.Path(path_type=Path),
    metavar="FILE.npz",
    help="Representative inputs for the verifier, by input name.",
)
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows with labels (.npz or .csv), for --metric.",
)
METRIC = click.option(
    "--metric",
    metavar="M",
    help="auc, accuracy, rmse, logloss or ndcg; M:OUTPUT scores another output.",
)


class Commands(click.Group):
    """Our errors as click's: one line on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        from tf2torch.diagnostics import SourceError, TranspileError

        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            return super().invoke(ctx)
        except SourceError as error:
            raise Failure(str(error)) from error
        except TranspileError as error:
            hints = "".join(f"\n  {hint}" for hint in error.hints)
            raise Failure(f"internal error: {error}{hints}") from error


class Failure(click.ClickException):
    """A wrong source or command."""

    exit_code = 2


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tf2torch")
def main() -> None:
    """TensorFlow models to PyTorch source code, verified."""


main.add_command(batch)
main.add_command(golden)


@main.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where the port goes; replaced when it is a port already.",
)
@click.option("--signature", help="Which signature; default: serving_default.")
@click.option("--input", "inputs", multiple=True, metavar="NAME", help="TF tensor.")
@click.option("--output", "outputs", multiple=True, metavar="NAME", help="TF tensor.")
@SAMPLE
@DATA
@METRIC
@click.option("--repair", is_flag=True, help="Regenerate what the verifier flags.")
@repair_options
@click.option("--no-verify", is_flag=True, help="Convert only.")
@click.option("--trust-lambda", is_flag=True, help="Run Lambda code of Keras files.")
@click.option(
    "--style",
    type=click.Choice(["modules", "flat"]),
    default="modules",
    show_default=True,
    help="Classes of blocks, or one forward with marks of name scopes.",
)
@click.option(
    "--batch-norm-momentum",
    type=click.FloatRange(0, 1),
    metavar="M",
    help="TensorFlow's, of layers whose own the source does not say; default: 0.99.",
)
@click.option(
    "--dropout",
    multiple=True,
    metavar="[LAYER=]RATE",
    help="Of a graph that has lost it: after LAYER (a pattern of names); a rate alone "
    "where the graph tells the place, or else before the last layers.",
)
@click.option(
    "--channels-first-io/--channels-last-io",
    default=False,
    help="Images enter and leave as [N, C, H, W]; default: as in the signature.",
)
@click.option("--dump-ir", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--profile", is_flag=True, help="Time and memory by stage, on stderr.")
@SANDBOX
@JSON
def convert(
    source: Path,
    output: Path,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    dropout: tuple[str, ...],
    repair: bool,
    no_verify: bool,
    profile: bool,
    unsafe_no_sandbox: bool,
    as_json: bool,
    **same: Any,
) -> None:
    """Port SOURCE to a folder with model.py, its weights and a report."""
    from tf2torch.api import convert as run
    from tf2torch.stage_times import StageTimes

    settings = taken_settings(same)
    with progress() as say:
        times = StageTimes(say)
        port = run(
            source,
            output=output,
            inputs=inputs or None,
            outputs=outputs or None,
            dropout=_rates(dropout) or None,
            repair=settings if repair else False,
            verify=not no_verify,
            sandbox=not unsafe_no_sandbox,
            progress=times,
            **same,
        )
    if profile:
        click.echo(times.table(), err=True)
    _show(port, as_json)
    sys.exit(_exit_code(port))


def _rates(given: tuple[str, ...]) -> dict[str, float]:
    """``LAYER=RATE`` or ``RATE``, which has the name ""."""
    found = {}
    for text in given:
        layer, _, rate = text.rpartition("=")
        try:
            found[layer] = float(rate)
        except ValueError:
            raise click.BadParameter(
                f"{text}: RATE or LAYER=RATE", param_hint="--dropout"
            ) from None
    return found


def _exit_code(port: Port) -> int:
    from tf2torch.diagnostics import Code

    if port.report is not None and port.report.passed:
        return 0
    if port.repaired is not None and port.repaired.failure is not None:
        return port.repaired.failure.value
    if port.report is not None:
        return 1
    return 1 if any(h.code is Code.UNSUPPORTED_OP for h in port.hints) else 0


def _show(port: Port, as_json: bool) -> None:
    if as_json:
        report = None if port.report is None else port.report.to_json()
        hints = [h.to_json() for h in port.hints]
        found = {"folder": str(port.folder), "class": port.class_name}
        click.echo(json.dumps({**found, "hints": hints, "report": report}, indent=1))
        return
    if port.report is not None:
        _print_report(port.report)
        _print_repair(port)
    else:
        for hint in port.hints:
            click.echo(f"{hint}\n  {hint.fix}")
    click.echo(str(port.folder / "model.py"))


def _print_repair(port: Port) -> None:
    found = port.repaired
    if found is None or not found.iterations:
        return
    text = f"repair: {found.outcome.value} after {found.iterations} iteration(s)"
    if found.message:
        text += f"; {found.message}"
    if found.failure is not None:
        text += "; the port is the best one found until then"
    click.echo(f"{text}\n`tf2torch repair-log {port.folder}` tells the story", err=True)


def _print_report(report: Any) -> None:
    from rich.console import Console

    from tf2torch.verify.report import show

    show(report, Console())


@main.command()
@click.argument("source", type=click.Path(path_type=Path))
@JSON
def inspect(source: Path, as_json: bool) -> None:
    """Signatures, ops and coverage of SOURCE, before any conversion."""
    from tf2torch.api import inspect as run

    found = run(source)
    if as_json:
        click.echo(json.dumps(found, indent=1, default=str))
        return
    from tf2torch.inspection import print_inspection

    print_inspection(found)


@main.command()
@click.argument("port", type=click.Path(path_type=Path))
@click.option("--source", type=click.Path(path_type=Path), help="The original model.")
@click.option("--signature", help="Of the original, for a port written by hand.")
@click.option(
    "--keys",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="For a port written by hand: state_dict keys with the names of TensorFlow's "
    "variables, where their values do not tell which is which.",
)
@SAMPLE
@DATA
@METRIC
@click.option("--seed", default=0, show_default=True)
@SANDBOX
@JSON
def verify(
    port: Path,
    source: Path | None,
    signature: str | None,
    keys: Path | None,
    sample: Path | None,
    data: Path | None,
    metric: str | None,
    seed: int,
    unsafe_no_sandbox: bool,
    as_json: bool,
) -> None:
    """Prove the port in folder PORT (again), also after edits by hand, or one that is
    written by hand: a folder with model.py and weights in *.safetensors."""
    from tf2torch.api import verify as run

    with progress() as say:
        report = run(
            port,
            source,
            sample=sample,
            data=data,
            metric=metric,
            keys=keys,
            signature=signature,
            seed=seed,
            sandbox=not unsafe_no_sandbox,
            progress=say,
        )
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=1))
    else:
        _print_report(report)
    sys.exit(0 if report.passed else 1)


@main.command("repair-log")
@click.argument("port", type=click.Path(path_type=Path))
@JSON
def repair_log(port: Path, as_json: bool) -> None:
    """What the repair of the port in folder PORT tried, and what came of it."""
    from tf2torch.repair.story import show_story

    show_story(port, as_json)


@main.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """What hint CODE means, and what to do; without CODE, the list of codes."""
    from tf2torch.diagnostics import Code, SourceError
    from tf2torch.verify.explain import page

    if code is None:
        click.echo("\n".join(c.value for c in Code))
        return
    try:
        known = Code(code.upper())
    except ValueError as error:
        codes = ", ".join(c.value for c in Code)
        raise SourceError(f"no hint is called {code}; there are: {codes}") from error
    click.echo(page(known.value))


@main.command()
@JSON
def ops(as_json: bool) -> None:
    """The coverage table: every TensorFlow op and what becomes of it."""
    from tf2torch.rules.coverage import coverage, to_markdown

    rows = coverage()
    if as_json:
        click.echo(json.dumps([row.to_json() for row in rows], indent=1))
    else:
        click.echo(to_markdown(rows))


@contextmanager
def progress() -> Iterator[Progress]:
    """A spinner with the stage on stderr; plain lines when that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("starting") as status:
        yield lambda stage: status.update(stage)


if __name__ == "__main__":
    main()
