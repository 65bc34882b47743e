"""Live progress of a batch on stderr: a bar for all, a line for each model at work."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from tf2torch.fleet.events import Done, Event, Observe, Planned, Stage
from tf2torch.fleet.result import Result

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

NAME_WIDTH = 40


@contextmanager
def shown(quiet: bool = False) -> Iterator[Observe]:
    """An observer: a live display on a terminal, else a line for each model done."""
    if quiet:
        yield lambda event: None
    elif not sys.stderr.isatty():
        yield Lines(sys.stderr)
    else:
        from rich.console import Console

        live = Live(Console(stderr=True))
        with live.progress:
            yield live


class Lines:
    """``[3/60] verified  ranker  12.4 s``."""

    def __init__(self, stream: TextIO):
        self._stream, self._models, self._done = stream, 0, 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._models = event.models
        elif isinstance(event, Done):
            self._done += 1
            line = f"[{self._done}/{self._models}] {_line(event.result)}"
            print(line, file=self._stream, flush=True)


class Live:
    """The overall bar with the time left, and the stage of every model at work."""

    def __init__(self, console: Console):
        self.progress = _bars(console)
        self._console = console
        self._models: dict[str, tuple[TaskID, float]] = {}
        self._all: TaskID | None = None
        self._failures = 0

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self._all = self.progress.add_task(
                    "[bold]all models[/]", total=event.models, stage=""
                )
            case Stage():
                self._stage(event)
            case Done():
                self._done(event.result)

    def _stage(self, event: Stage) -> None:
        if event.name not in self._models:
            shown = _short(event.name)
            task = self.progress.add_task(f"  {shown}", total=None, stage="")
            self._models[event.name] = task, time.monotonic()
        task, _ = self._models[event.name]
        self.progress.update(task, stage=event.text)

    def _done(self, result: Result) -> None:
        task = self._models.pop(result.name, None)
        if task is not None:
            self.progress.remove_task(task[0])
        if not result.outcome.is_good:
            self._failures += 1
            self._console.print(f"[red]✗[/] {_line(result)}", highlight=False)
        if self._all is not None:
            told = f"[red]{self._failures} not ready[/]" if self._failures else ""
            self.progress.update(self._all, advance=1, stage=told)


def _bars(console: Console) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[stage]}"),
        console=console,
        transient=True,
    )


def _line(result: Result) -> str:
    known = "  unchanged" if result.reused else f"  {result.seconds:.1f} s"
    reason = f"  {result.reason}" if result.reason else ""
    return f"{result.outcome.value:<10} {result.name}{known}{reason}"


def _short(name: str) -> str:
    return name if len(name) <= NAME_WIDTH else f"…{name[1 - NAME_WIDTH :]}"
