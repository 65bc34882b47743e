"""Every dishonest or subtly wrong port is rejected, by the gate that should."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CORPUS: Any = sys.modules["attack_corpus_ports"]  # conftest.py has loaded it
ATTACKS = CORPUS.attacks()
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("model", CORPUS.models())
def test_the_honest_port_passes(
    model: str, corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    board = corpus(model).verify(tmp_path / "port")
    assert board.passed, "\n".join(map(str, board.hints))


@pytest.mark.parametrize(
    "attack", ATTACKS, ids=[f"{a.model}-{a.name}" for a in ATTACKS]
)
def test_the_attack_is_rejected(
    attack: Any, corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    board = corpus(attack.model).verify(tmp_path / "port", attack)
    failed = [g.name for g in board.gates if g.hard and not g.passed and not g.skipped]
    found = "\n".join(map(str, board.hints))
    assert not board.passed and board.score == 0.0
    assert failed == [attack.gate], found
    assert attack.code in [hint.code.value for hint in board.hints], found
    if attack.gate in ("outputs", "gradients"):
        expected = attack.region or CORPUS.faulty_region(attack)
        regions = {h.region for h in board.hints if h.code.value == attack.code}
        assert not expected or regions == {expected}, found
    if attack.reason:
        assert attack.reason in [hint.observed for hint in board.hints], found
    assert not Path("/tmp/left-behind").exists()
