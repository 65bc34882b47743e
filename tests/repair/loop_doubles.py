"""Doubles for the loop: a port of two classes, and a verifier that reads its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify.alone import Alone

MODEL = '''"""A port."""

import torch
from torch import nn


class Good(nn.Module):
    def forward(self, x):
        return x


class Bad(nn.Module):
    def forward(self, x):
        return torch.log(x.softmax(-1))
'''
FIXED = """class Bad(nn.Module):
    def forward(self, x):
        return x.log_softmax(-1)
"""
HINT = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "Bad", "differs", "compare")


@dataclass(frozen=True)
class Board:
    """The fields of a scoreboard that the loop reads."""

    passed: bool
    score: float
    hints: tuple[Hint, ...] = ()
    verified: tuple[str, ...] = ("Good",)
    gates: tuple[Any, ...] = field(default=())

    @property
    def rank(self) -> tuple[float, ...]:
        return (self.score, -float(len(self.hints)))


@dataclass
class Judge:
    """Right when the text has ``log_softmax``; ``runs`` counts whole verifications."""

    runs: int = 0

    def static(self, folder: Path) -> Any:
        text = (folder / "model.py").read_text()
        bad = Hint(Code.EXECUTION_ERROR, Priority.P1, "Bad", "imports os", "remove it")
        return Board(False, 0.0, (bad,) if "import os" in text else ())

    def alone(self, folder: Path, region: str) -> Alone:
        text = (folder / "model.py").read_text()
        return Alone(False, "what leaves it is wrong") if "wrong" in text else ALONE

    def whole(self, folder: Path) -> Any:
        self.runs += 1
        good = "log_softmax" in (folder / "model.py").read_text()
        return Board(good, 100.0 if good else 0.0, () if good else (HINT,))


ALONE = Alone(None, "only judged with the whole")


def start() -> Any:
    return Board(False, 0.0, (HINT,))
