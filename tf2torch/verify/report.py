"""Reports of a verification: JSON for programs, a table for the terminal."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tf2torch.diagnostics import Hint, Priority
from tf2torch.verify.gate import Figure
from tf2torch.verify.scoreboard import GateResult, Scoreboard

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

BAR_WIDTH = 24
SHOWN_HINTS = 8
COLOURS = {
    Priority.P1: "red",
    Priority.P2: "yellow",
    Priority.P3: "cyan",
    Priority.P4: "bright_black",
}


def write_json(board: Scoreboard, path: Path) -> None:
    path.write_text(board.dumps(), encoding="utf-8")


def write_timings(board: Scoreboard, path: Path) -> None:
    """Seconds of each round; nothing where the performance gate did not run."""
    if not board.timings:
        path.unlink(missing_ok=True)
        return
    found = [{**asdict(timing), "ratio": timing.ratio} for timing in board.timings]
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def show(board: Scoreboard, console: Console) -> None:
    """Print the verdict, the gates, the score and the most urgent hints."""
    from rich.console import Group
    from rich.panel import Panel

    parts: list[RenderableType] = [_gates(board), "", _dimensions(board)]
    if board.hints:
        parts += ["", _hints(board)]
    colour = "green" if board.passed else "red"
    verdict = "verified" if board.passed else "not verified"
    title = f"[bold]{board.port}[/]  [{colour} bold]{verdict}[/]"
    subtitle = f"score {board.score:.1f} of 100" if board.passed else _wrong(board)
    console.print(
        Panel(
            Group(*parts),
            title=title,
            subtitle=f"[{colour}]{subtitle}[/]",
            border_style=colour,
            padding=(1, 2),
            expand=False,
        )
    )


def _wrong(board: Scoreboard) -> str:
    failed = [gate.name for gate in board.gates if gate.hard and not gate.passed]
    return f"the {failed[0]} gate failed" if failed else "no hard gate ran"


def _gates(board: Scoreboard) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bright_black")
    for heading in ("", "gate", "checks", "what was found"):
        table.add_column(heading, overflow="fold")
    for gate in board.gates:
        good = sum(figure.passed for figure in gate.figures)
        count = f"{good}/{len(gate.figures)}" if gate.figures else ""
        name = gate.name if gate.hard else f"{gate.name} [bright_black](soft)[/]"
        table.add_row(_mark(gate), name, count, _times(gate) or summary(gate))
    return table


def _mark(gate: GateResult) -> str:
    if gate.skipped:
        return "[bright_black]–[/]"
    if gate.passed and all(figure.passed for figure in gate.figures):
        return "[green]✓[/]"
    return "[yellow]![/]" if gate.passed else "[red]✗[/]"


def _times(gate: GateResult) -> str:
    return ", ".join(
        f"{t.kind} {min(t.port) * 1e3:.3g} ms ({t.ratio:.2g}× TensorFlow's)"
        for t in gate.timings
    )


def summary(gate: GateResult) -> str:
    """One line: the figure that comes closest to its tolerance, or goes past it."""
    if gate.skipped:
        return gate.skipped
    worst = worst_figure(gate.figures)
    if worst is not None:
        text = f"{worst.subject}: {worst.observed:.1e} of {worst.tolerance:.1e} allowed"
        return f"worst {worst.name}: {text}" if worst.passed else text
    failed = [figure for figure in gate.figures if not figure.passed]
    if failed:
        return f"{failed[0].name}: {failed[0].subject} {failed[0].note}".strip()
    return gate.notes[0] if gate.notes else ""


def worst_figure(figures: tuple[Figure, ...]) -> Figure | None:
    measured = [f for f in figures if f.tolerance is not None]
    return max(measured, key=excess, default=None)


def excess(figure: Figure) -> float:
    """Observed over allowed; infinite where nothing is allowed."""
    observed = figure.observed if isinstance(figure.observed, float) else 0.0
    if not figure.tolerance:
        return float("inf") if observed else 0.0
    return observed / figure.tolerance


def _dimensions(board: Scoreboard) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for dimension, part in board.dimensions.items():
        table.add_row(
            dimension.value, _bar(part), "" if part is None else f"{part:.0%}"
        )
    return table


def _bar(part: float | None) -> str:
    if part is None:
        return "[bright_black]not measured[/]"
    full = round(part * BAR_WIDTH)
    colour = "green" if part == 1.0 else "yellow" if part >= 0.5 else "red"
    rest = "━" * (BAR_WIDTH - full)
    return f"[{colour}]{'━' * full}[/][bright_black]{rest}[/]"


def _hints(board: Scoreboard) -> RenderableType:
    from rich.console import Group

    shown = [_hint(hint) for hint in board.hints[:SHOWN_HINTS]]
    rest = len(board.hints) - len(shown)
    return Group(*shown, *([f"… and {rest} more in report.json"] if rest else []))


def _hint(hint: Hint) -> Text:
    from rich.text import Text

    colour = COLOURS[hint.priority]
    text = Text()
    text.append(f"{hint.priority.name} {hint.code.value}", style=f"bold {colour}")
    if hint.region:
        text.append(f"  {hint.region}", style="bold")
    text.append(f"\n   {hint.message}")
    text.append(f"\n   → {hint.fix}", style="bright_black")
    return text
