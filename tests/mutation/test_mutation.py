"""A sample of mutants: what is rejected, and where it is said to be wrong.

``python -m tests.mutation`` is the whole; docs/verifier.md has its figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation import table
from tests.mutation.mutants import mutants
from tests.mutation.run import Finding, summary

HERE = Path(__file__).parent
SOURCE = """
import torch
from torch import Tensor, nn


class Block(nn.Module):
    def __init__(self, width: int = 4):
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(x)) - x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x).mean((1, 2))
"""


def test_a_mutant_is_one_change_and_knows_its_region() -> None:
    found = mutants(SOURCE, 1000, 0)
    changes = {(m.before, m.after): m for m in found}
    assert len({m.text for m in found}) == len(found)
    swapped = changes[
        "return torch.relu(self.norm(x)) - x", "return (x - torch.relu(self.norm(x)))"
    ]
    assert swapped.regions == ("Block",) and swapped.operator == "arithmetic"
    sized = changes["self.block = Block(8)", "self.block = Block(9)"]
    assert set(sized.regions) == {"Net", "Block"}
    assert any("eps=0.01" in after for _, after in changes)
    assert any(".sum((1, 2))" in after for _, after in changes)
    assert any("mean((2, 1))" in after for _, after in changes)


def test_the_same_seed_picks_the_same() -> None:
    assert mutants(SOURCE, 9, 3) == mutants(SOURCE, 9, 3)
    assert len(mutants(SOURCE, 9, 3)) == 9


def test_a_summary_counts() -> None:
    def finding(gate: str, located: bool) -> Finding:
        return Finding("m", "o", "c", 1, "a", "b", gate, "", (), (), located)

    found = summary(
        [finding("", False), finding("outputs", True), finding("spec", False)]
    )
    assert (found["mutants"], found["killed"], found["located"]) == (3, 2, 1)
    assert len(found["survivors"]) == len(found["mislocated"]) == 1


def test_every_survivor_is_argued_and_told() -> None:
    measured = json.loads((HERE / "measured.json").read_text("utf-8"))
    assert [f for f in measured["survivors"] if not table.reason(f)] == []
    text = (HERE.parents[1] / "docs" / "verifier.md").read_text("utf-8")
    assert "\n".join(table.figures(measured)) in text
    assert "\n".join(table.rows(measured)) in text


@pytest.mark.slow
def test_mutants_are_rejected_in_their_region(tmp_path: Path) -> None:
    """All but equivalent ones; these are dimension numbers from the other end, what
    autograd has cut already, and comparisons that only equality would tell apart."""
    out = tmp_path / "found.json"
    command = [
        sys.executable,
        "-m",
        "tests.mutation",
        "--each",
        "20",
        "--out",
        str(out),
    ]
    root = Path(__file__).parents[2]
    subprocess.run(
        [*command, "attack_multi", "attack_norm"], check=True, cwd=root, env=os.environ
    )
    found = json.loads(out.read_text("utf-8"))
    assert found["mutants"] == 40
    lives = {(f["before"], f["change"]) for f in found["survivors"]}
    assert lives <= EQUIVALENT, lives - EQUIVALENT
    assert found["located"] >= 0.95 * found["killed"], found["mislocated"]


NORM = "norm = query.square().sum(-1, keepdim=True).clamp(min=1e-6)"
DISTANCE = "distance = (query - chosen).abs().sum(-1)"
FROZEN = "self.frozen = FrozenNorm(hidden, eps=1e-3, momentum=0.01)"
EQUIVALENT = {
    (NORM, "negation dropped"),  # the last of two axes
    (DISTANCE, "negation dropped"),
    ('"best": logits.argmax(-1).to(torch.int32),', "negation dropped"),
    (DISTANCE, "operands swapped"),  # below abs
    ("chosen = self.item(clicked).detach()", "detached"),  # twice
    ('"near": distance < 3.0,', "other comparison"),  # equality of float sums
    (FROZEN, "without momentum"),  # statistics that never move
    (FROZEN, "ten times a small constant"),
    ('def train(self, mode: bool = True) -> "FrozenNorm":', "flag turned"),  # unread
    (
        "self.norm = nn.BatchNorm1d(hidden, eps=1e-3, momentum=0.1)",
        "without momentum",  # torch's default
    ),
}
