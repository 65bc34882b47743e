"""What a person sees while a batch runs, and in its end."""

from __future__ import annotations

import io

from rich.console import Console

from tf2torch.fleet.events import Done, Planned, Stage
from tf2torch.fleet.progress import Lines, Live
from tf2torch.fleet.result import Outcome, Result
from tf2torch.fleet.summary import show, summarise

GOOD = Result("a/good", "a/good", Outcome.VERIFIED, score=100.0, seconds=3.0)
GAPS = Result(
    "b/gaps",
    "b/gaps",
    Outcome.UNPORTED,
    "no rule: ReadFile",
    missing={"ReadFile": 2},
    hints=({"code": "UNSUPPORTED_OP", "fix": "write it by hand"},),
)
SLOW = Result("c/slow", "c/slow", Outcome.TIMEOUT, "no result within 9 s")


def test_live_display() -> None:
    stream = io.StringIO()
    live = Live(Console(file=stream, force_terminal=True, width=120))
    with live.progress:
        live(Planned(2, 1))
        live(Stage("a/good", "outputs"))
        live.progress.refresh()
        live(Done(GOOD))
        live(Stage("c/slow", "read"))
        live(Done(SLOW))
        live.progress.refresh()
    text = stream.getvalue()
    for words in ("all models", "a/good", "outputs", "2/2", "no result within 9 s"):
        assert words in text
    assert "1 not ready" in text


def test_lines() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    for event in (Planned(1, 1), Stage("a/good", "read"), Done(GOOD)):
        lines(event)
    assert stream.getvalue() == "[1/1] verified   a/good  3.0 s\n"


def test_summary() -> None:
    summary = summarise([GOOD, GAPS, SLOW])
    assert (summary.models, summary.good) == (3, 1)
    assert summary.outcomes == {"verified": 1, "unported": 1, "timeout": 1}
    assert (summary.missing, summary.hints) == ({"ReadFile": 1}, {"UNSUPPORTED_OP": 1})
    stream = io.StringIO()
    show(summary, Console(file=stream, width=100))
    for words in (
        "1 × unported: no rule: ReadFile",
        "missing ops (models): ReadFile 1",
    ):
        assert words in stream.getvalue()
