"""What is left out of a prompt at each level of hints."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from bench.repair.ablation import LEVELS, reduced
from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.repair.prompt import messages
from tf2torch.repair.providers import Request, Tried

DOUBLES: Any = sys.modules["repair_loop_doubles"]  # conftest.py has loaded it
HINT = Hint(
    Code.OUTPUT_MISMATCH, Priority.P1, "Bad", "output y is off", "compare the axes",
    "output error", 0.25, 0.0, 1e-6, evidence=("first difference: softmax",),
)  # fmt: skip
REQUEST = Request(
    "Bad", DOUBLES.FIXED, (HINT,), DOUBLES.MODEL, ("Good",),
    (Tried("x = 1\n", "score 40; Bad: OUTPUT_MISMATCH[P1]: output y is off"),),
    ("Good",),
)  # fmt: skip
# level → (what the prompt says, what it does not)
SAYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "score": (("score 40",), ("MISMATCH", "0.25", "axes", "preserved\n\nGood")),
    "raw": (("not close: 0.25 > 1e-06",), ("MISMATCH", "axes", "preserved\n\nGood")),
    "typed": (("MISMATCH", "axes", "softmax"), ("preserved\n\nGood",)),
    "all": (("MISMATCH", "axes", "preserved\n\nGood"), ()),
}


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_says_more(level: str) -> None:
    text = messages(reduced(REQUEST, level))[1]["content"]
    said, unsaid = SAYS[level]
    assert all(words in text for words in said)
    assert not any(words in text for words in unsaid)
    assert DOUBLES.FIXED in text and "Its TensorFlow subgraph" in text


def test_a_crash_is_told_as_python_does() -> None:
    crash = Hint(Code.EXECUTION_ERROR, Priority.P1, "Bad", "ValueError: no", "mend it")
    text = messages(reduced(replace(REQUEST, hints=(crash,)), "raw"))[1]["content"]
    assert "ValueError: no" in text and "mend it" not in text
