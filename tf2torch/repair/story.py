"""``tf2torch repair-log``: the transcript as a story that a person can follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.repair.transcript import Attempt, End, Event, Start, read

TRANSCRIPT = "repair.jsonl"


def show_story(port: Path, as_json: bool) -> None:
    """Print it; ``port`` is a port's folder or a transcript."""
    import click

    events = _found(port)
    if as_json:
        named = [{"kind": type(e).__name__.lower(), **asdict(e)} for e in events]
        click.echo(json.dumps(named, indent=1, ensure_ascii=False))
        return
    click.echo("\n".join(line for event in events for line in story(event)))


def _found(port: Path) -> list[Event]:
    path = port / TRANSCRIPT if port.is_dir() else port
    events = read(path)
    if not events:
        raise SourceError(
            f"{path} holds no transcript: only `tf2torch convert --repair` writes one, "
            "and only where a gate failed"
        )
    return events


def story(event: Event) -> Iterator[str]:
    match event:
        case Start():
            yield f"start: score {event.score:.4g}, model.py {event.port}"
            yield from (f"  {hint}" for hint in event.hints)
        case Attempt():
            yield from _attempt(event)
        case End():
            yield ""
            spent = f"{event.tokens:,} tokens" + _money(event.cost)
            yield (
                f"end: {event.outcome} after {event.iterations} iteration(s), score "
                f"{event.score:.4g}, {spent}"
            )
            if event.failure:
                yield f"  stopped: {event.failure}"


def _attempt(event: Attempt) -> Iterator[str]:
    way = f" ({event.answer.text})" if event.free and event.answer.text else ""
    yield ""
    yield f"iteration {event.iteration}: {event.region} by {event.provider}{way}"
    yield from (f"  hint  {hint}" for hint in event.hints)
    yield from (f"  {line}" for line in event.diff.splitlines())
    if event.alone:
        yield f"  alone {event.alone}"
    after = "not run" if event.after is None else f"{event.after:.4g}"
    kept = "kept" if event.kept else "not kept"
    yield f"  score {event.before:.4g} -> {after}, {kept}: {event.outcome}"
    if event.answer.tokens:
        yield f"  spent {event.answer.tokens:,} tokens{_money(event.answer.cost)}"


def _money(cost: float | None) -> str:
    return "" if cost is None else f", ${cost:.4f}"
