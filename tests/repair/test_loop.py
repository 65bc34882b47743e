"""The loop keeps what is strictly better, locks the rest, and survives bad answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.repair.budget import Budget
from tf2torch.repair.judge import Bench
from tf2torch.repair.loop import Outcome, Result, Run
from tf2torch.repair.prompt import messages, render
from tf2torch.repair.providers import Answer, Failure, ProviderError, Request
from tf2torch.repair.providers.catalog import Catalog
from tf2torch.repair.providers.scripted import Scripted
from tf2torch.repair.providers.selection import Providers, recorded
from tf2torch.repair.region import Refused, regions, splice
from tf2torch.repair.resuming import resumed
from tf2torch.repair.story import story
from tf2torch.repair.suspects import primary, suspects
from tf2torch.repair.transcript import End, Start, Transcript, attempts, read

DOUBLES: Any = sys.modules["repair_loop_doubles"]  # conftest.py has loaded it
MODEL, FIXED, HINT = DOUBLES.MODEL, DOUBLES.FIXED, DOUBLES.HINT


@pytest.fixture
def port(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def run(
    port: Path, free: Any = None, paid: Any = None, budget: Budget | None = None
) -> Result:
    return started(port, Providers(free, paid), budget)()


def started(port: Path, providers: Providers, budget: Budget | None = None) -> Run:
    log = Transcript(port / "repair.jsonl")
    bench = Bench(port, DOUBLES.Judge())
    return Run(bench, DOUBLES.start(), providers, log, budget or Budget())


def test_a_right_answer_is_kept(port: Path) -> None:
    result = run(port, paid=Scripted([FIXED]))
    assert result.board.passed and result.outcome is Outcome.FIXED
    assert "log_softmax" in (port / "model.py").read_text()
    first, attempt, last = read(port / "repair.jsonl")
    assert isinstance(first, Start) and isinstance(last, End)
    assert attempt in attempts([attempt]) and last.outcome == "fixed"


def test_the_catalog_is_tried_first_and_for_free(port: Path) -> None:
    paid = Scripted([FIXED])
    result = run(port, Catalog(), paid)
    assert result.outcome is Outcome.FIXED and result.iterations == 1
    assert paid.requests == []
    assert attempts(read(port / "repair.jsonl"))[-1].free


@pytest.mark.parametrize(
    "answer, why",
    [
        ("class Bad(:", "not Python"),
        ("class Other:\n    pass\n", "defines Other"),
        (FIXED + "\n\nclass Good:\n    pass\n", "the region alone"),
        ("import os\n" + FIXED, "the region alone"),
        ("", "the region alone"),
        ("class Bad:\n    def forward(self, y):\n        return y\n", "must stay"),
        ("def Bad(x):\n    return x\n", "must stay a class"),
        ("x = " + "(" * 5000, "nested"),
        ("#" * 300_000, "characters long"),
        (FIXED.replace("return x", "import os; os.getpid(); return x"), "imports os"),
        (FIXED.replace("x.log", "wrong.log"), "wrong by itself"),
    ],
)
def test_bad_answers_change_nothing(port: Path, answer: str, why: str) -> None:
    result = run(port, paid=Scripted([answer] * 3))
    assert not result.board.passed and result.outcome is Outcome.UNCHANGED
    assert (port / "model.py").read_text() == MODEL
    found = attempts(read(port / "repair.jsonl"))
    assert len(found) == 2, "two idle iterations end the run"
    assert all(why in a.outcome for a in found)


def test_a_provider_that_fails_leaves_the_port(port: Path) -> None:
    def fail(request: Request) -> Answer:
        raise ProviderError("HTTP 429", Failure.QUOTA)

    result = run(port, paid=SimpleNamespace(name="broken", propose=fail))
    assert result.outcome is Outcome.UNCHANGED and result.failure is Failure.QUOTA
    assert (port / "model.py").read_text() == MODEL
    last = read(port / "repair.jsonl")[-1]
    assert isinstance(last, End) and last.failure == "HTTP 429"


def test_budgets_end_the_run(port: Path) -> None:
    class Dear:
        name = "dear"

        def propose(self, request: Request) -> Answer:
            return Answer("x = 1\n", tokens=600, cost=0.5)

    result = run(port, paid=Dear(), budget=Budget(9, tokens=500))
    assert result.iterations == 1 and "500 tokens" in result.message
    result = run(port, paid=Dear(), budget=Budget(9, cost=0.9))
    assert result.iterations == 2 and "$0.90" in result.message


def test_a_replay_writes_the_same_bytes(port: Path, tmp_path: Path) -> None:
    run(port, Catalog(), Scripted(["x = 1\n", FIXED]))
    first, model = (port / "repair.jsonl"), (port / "model.py").read_text()
    kept = first.read_bytes()
    (tmp_path / "kept.jsonl").write_bytes(kept)
    (port / "model.py").write_text(MODEL)
    result = started(port, recorded(tmp_path / "kept.jsonl"))()
    assert result.outcome is Outcome.FIXED
    assert first.read_bytes() == kept and (port / "model.py").read_text() == model


def test_a_run_that_was_cut_goes_on(port: Path) -> None:
    class Interrupted:
        name = "scripted"

        def __init__(self) -> None:
            self.answers = ["x = 1\n"]

        def propose(self, request: Request) -> Answer:
            if not self.answers:
                raise KeyboardInterrupt
            return Answer(self.answers.pop())

    with pytest.raises(KeyboardInterrupt):
        run(port, paid=Interrupted())
    place = port / "repair.jsonl"
    assert (port / "model.py").read_text() == MODEL
    with place.open("a") as file:
        file.write('{"kind": "attem')  # the crash came in the middle of a line
    asked = Scripted([FIXED])
    result = started(port, resumed(Providers(None, asked), place, MODEL))()
    assert result.outcome is Outcome.FIXED and result.iterations == 2
    assert len(asked.requests) == 1, "the first answer was known"
    assert [a.answer.code for a in attempts(read(place))] == ["x = 1\n", FIXED]


def test_a_transcript_of_another_port_is_not_gone_on_with(port: Path) -> None:
    run(port, paid=Scripted(["x = 1\n"]))
    providers = Providers(None, Scripted([FIXED]))
    assert resumed(providers, port / "repair.jsonl", "other") is providers


def test_several_regions_are_asked_for_at_once(tmp_path: Path) -> None:
    text = MODEL.replace("class Good", "class Worse")
    (tmp_path / "model.py").write_text(text)
    other = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "Worse", "differs", "compare")
    board = DOUBLES.Board(False, 0.0, (HINT, other), ())
    answers = Scripted(["x = 1\n", "y = 1\n"])
    log = Transcript(tmp_path / "repair.jsonl")
    Run(Bench(tmp_path, DOUBLES.Judge()), board, Providers(None, answers), log)()
    first = attempts(read(tmp_path / "repair.jsonl"))[:2]
    assert {a.region for a in first} == {"Bad", "Worse"}
    assert {a.iteration for a in first} == {1}
    assert all(r.locked == () for r in answers.requests[:2])


def test_ctrl_c_waits_for_no_answer() -> None:
    """A main thread that asks an endpoint which never answers, and is interrupted."""
    code = (
        "import _thread, signal, threading, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from types import SimpleNamespace\n"
        "from tf2torch.repair.asking import ask_all\n"
        "slow = SimpleNamespace(name='slow', propose=lambda r: time.sleep(600))\n"
        "threading.Timer(0.5, _thread.interrupt_main).start()\n"
        "ask_all(slow, [1, 2])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert "KeyboardInterrupt" in done.stderr and done.returncode != 0


def test_answers_that_only_help_together_are_kept_together(tmp_path: Path) -> None:
    text = MODEL.replace("class Good", "class Worse")
    (tmp_path / "model.py").write_text(text)
    other = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "Worse", "differs", "compare")
    board = DOUBLES.Board(False, 0.0, (HINT, other), ())

    class Both(DOUBLES.Judge):  # type: ignore[misc] # a double, loaded by path
        def whole(self, folder: Path) -> Any:
            good = (folder / "model.py").read_text().count("log_softmax") == 2
            return DOUBLES.Board(True, 100.0) if good else board

    class Fixes:
        name = "fixes"

        def propose(self, request: Request) -> Answer:
            return Answer(FIXED.replace("Bad", request.region))

    place = tmp_path / "repair.jsonl"
    providers = Providers(None, Fixes())
    result = Run(Bench(tmp_path, Both()), board, providers, Transcript(place))()
    assert result.outcome is Outcome.FIXED and result.iterations == 1
    alone, also, both = attempts(read(place))
    assert both.kept and not alone.kept and not also.kept
    assert both.region == f"{alone.region}, {also.region}" and "+" in both.diff
    kept = place.read_bytes()
    (tmp_path / "model.py").write_text(text)
    (tmp_path / "kept.jsonl").write_bytes(kept)
    again = recorded(tmp_path / "kept.jsonl")
    assert Run(Bench(tmp_path, Both()), board, again, Transcript(place))().board.passed
    assert place.read_bytes().replace(b"fixes", b"") == kept.replace(b"fixes", b"")


def test_suspects_are_what_hints_name_and_what_that_is_made_of() -> None:
    source = "def f(x):\n    return x\n\n\nclass A:\n    def g(self):\n        f(1)\n"
    source += "\n\nclass B:\n    pass\n"
    known = regions(source)
    hint = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "A", "differs", "compare")
    assert [s.region for s in suspects([hint], known, ())] == ["A", "f"]
    assert [s.region for s in primary(suspects([hint], known, ()))] == ["A"]
    assert [s.region for s in primary(suspects([hint], known, ()), {"A"})] == ["f"]
    assert [s.region for s in suspects([hint], known, ("f",))] == ["A"]
    nowhere = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "", "differs", "compare")
    assert [s.region for s in suspects([nowhere], known, ("A",))] == ["f", "B"]
    taste = Hint(Code.STYLE, Priority.P4, "B", "long", "wrap")
    assert suspects([taste], known, ()) == []


def test_splice_locks_other_regions_and_brings_imports() -> None:
    assert list(regions(MODEL)) == ["Good", "Bad"]
    changed = splice(MODEL, "Bad", FIXED)
    assert regions(changed)["Good"] == regions(MODEL)["Good"]
    with pytest.raises(Refused):
        splice(MODEL, "Bad", "x = 1\n")
    other = FIXED.replace("x.log_softmax(-1)", "F.log_softmax(x, -1) * math.pi")
    changed = splice(MODEL, "Bad", other)
    assert "import math" in changed and "import torch.nn.functional as F" in changed
    assert "import torch\n" not in changed, "what nothing reads any more goes"


def test_the_prompt_holds_hints_and_refuses_unknown_holes() -> None:
    request = Request("Bad", FIXED, (HINT,), MODEL, ("Good",))
    text = messages(request)[1]["content"]
    assert "OUTPUT_MISMATCH" in text and "Good" in text
    with pytest.raises(KeyError):
        render("region", region="x")


def test_the_story_tells_every_attempt(port: Path) -> None:
    run(port, paid=Scripted(["x = 1\n", FIXED]))
    text = "\n".join(line for e in read(port / "repair.jsonl") for line in story(e))
    for word in ("OUTPUT_MISMATCH", "+        return x.log_softmax(-1)", "refused"):
        assert word in text
    assert "score 0 -> 100, kept" in text and "end: fixed after 2" in text
