"""The loop keeps what is strictly better, locks the rest, and survives bad answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.repair.loop import Budget, Outcome, run
from tf2torch.repair.prompt import messages, render
from tf2torch.repair.providers import ProviderError, Request
from tf2torch.repair.providers.catalog import Catalog
from tf2torch.repair.providers.scripted import Scripted
from tf2torch.repair.region import Refused, regions, splice

MODEL = '''"""A port."""

import torch


class Good:
    def forward(self, x):
        return x


class Bad:
    def forward(self, x):
        return torch.log(x.softmax(-1))
'''
FIXED = "class Bad:\n    def forward(self, x):\n        return x.log_softmax(-1)\n"
HINT = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "Bad", "differs", "compare")


@dataclass
class Board:
    """The fields of a scoreboard that the loop reads."""

    passed: bool
    score: float
    hints: tuple[Hint, ...] = ()
    gates: tuple[Any, ...] = field(default=())


def check(folder: Path) -> Any:
    text = (folder / "model.py").read_text()
    good = "log_softmax" in text
    return Board(good, 100.0 if good else 0.0, () if good else (HINT,))


@pytest.fixture
def port(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def start() -> Any:
    return Board(False, 0.0, (HINT,))


def test_a_right_answer_is_kept(port: Path) -> None:
    best, outcome = run(port, start(), Scripted([FIXED]), check, Budget(3))
    assert best.passed and outcome is Outcome.FIXED
    assert "log_softmax" in (port / "model.py").read_text()
    assert len((port / "repair.jsonl").read_text().splitlines()) == 1


def test_catalog_knows_the_stable_form(port: Path) -> None:
    best, outcome = run(port, start(), Catalog(), check, Budget(3))
    assert best.passed and outcome is Outcome.FIXED


@pytest.mark.parametrize(
    "answer",
    [
        "class Bad(:",
        "class Other:\n    pass\n",
        FIXED + "\n\nclass Good:\n    pass\n",
        "import os\n" + FIXED,
        "",
    ],
)
def test_bad_answers_change_nothing(port: Path, answer: str) -> None:
    best, outcome = run(port, start(), Scripted([answer] * 3), check, Budget(3))
    assert not best.passed and outcome is Outcome.UNCHANGED
    assert (port / "model.py").read_text() == MODEL


def test_a_provider_that_fails_leaves_the_port(port: Path) -> None:
    def fail(request: Request) -> str:
        raise ProviderError("HTTP 429")

    provider = SimpleNamespace(name="broken", propose=fail)
    best, outcome = run(port, start(), provider, check, Budget(3))
    assert outcome is Outcome.UNCHANGED
    assert (port / "model.py").read_text() == MODEL


def test_splice_locks_other_regions() -> None:
    assert list(regions(MODEL)) == ["Good", "Bad"]
    changed = splice(MODEL, "Bad", FIXED)
    assert regions(changed)["Good"] == regions(MODEL)["Good"]
    with pytest.raises(Refused):
        splice(MODEL, "Bad", "x = 1\n")


def test_the_prompt_holds_hints_and_refuses_unknown_holes() -> None:
    request = Request("Bad", FIXED, (HINT,), MODEL, ("Good",))
    text = messages(request)[1]["content"]
    assert "OUTPUT_MISMATCH" in text and "Good" in text
    with pytest.raises(KeyError):
        render("region", region="x")
