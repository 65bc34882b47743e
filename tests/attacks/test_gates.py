"""What no dishonest port provokes: hints about data, times and style; and the bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tf2torch.diagnostics import Code
from tf2torch.verify.task import load_task

CORPUS: Any = sys.modules["attack_corpus_ports"]  # conftest.py has loaded it
pytestmark = pytest.mark.slow

# Of an honest port: another result for inputs that nobody draws, slow, untidy.
RARE = CORPUS.Attack(
    "words",
    "rare",
    "task metric",
    "METRIC_GAP",
    edits=[
        ["score = self.out(x)", "score = self.out(x) * (1 - 2 * (age == 777))[:, None]"]
    ],
)
SLOW = CORPUS.Attack(
    "words",
    "slow",
    "",
    "PERFORMANCE",
    edits=[
        [
            "score = self.out(x)",
            "for _ in range(100):\n            x = x + 0 * (x.new_ones(600, 600) @ "
            "x.new_ones(600, 600)).mean()\n        score = self.out(x)",
        ]
    ],
)
UNTIDY = CORPUS.Attack(
    "words",
    "untidy",
    "",
    "STYLE",
    edits=[["import torch\n", "import torch\nimport math\n"]],
)


# Honest for as many examples as the user's file has, and for one.
KNOWS_THE_FILE = CORPUS.Attack(
    "cnn",
    "knows_the_file",
    "outputs",
    "OUTPUT_MISMATCH",
    edits=[
        [
            "return self.head(x)",
            "x = self.head(x)\n        return x if len(x) in (1, 6) else x.sqrt()",
        ]
    ],
)


def codes(board: Any) -> set[str]:
    return {hint.code.value for hint in board.hints}


def test_a_metric_on_rows_that_nobody_draws(
    corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    words, port = corpus("words"), tmp_path / "port"
    CORPUS.write_port("words", words.saved, words.variables, port, RARE)
    rows = 300
    generator = np.random.default_rng(0)
    word = generator.choice([b"42", b"red", b"blue"], rows)
    columns = {"word": word, "age": np.full(rows, 777.0)}
    honest = words.session.verify(port, gates=["spec", "outputs", "gradients"])
    assert honest.passed  # without the data nothing is found
    task = load_task({**columns, "label": word == b"red"}, "auc")
    board = words.session.verify(port, gates=["task metric"], task=task)
    assert codes(board) == {"METRIC_GAP"} and not board.passed


def test_a_port_that_knows_the_size_of_the_file(
    corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    cnn, port = corpus("cnn"), tmp_path / "port"
    CORPUS.write_port("cnn", cnn.saved, cnn.variables, port, KNOWS_THE_FILE)
    image = np.random.default_rng(0).random((6, 16, 16, 3))
    board = cnn.session.verify(port, {"image": image}, gates=["outputs"])
    assert codes(board) == {"OUTPUT_MISMATCH"} and not board.passed
    assert "fresh" in str(board.hints[0])


def test_a_slow_port_is_told_and_not_rejected(
    corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    words, port = corpus("words"), tmp_path / "port"
    CORPUS.write_port("words", words.saved, words.variables, port, SLOW)
    board = words.session.verify(port, gates=["spec", "performance"])
    assert "PERFORMANCE" in codes(board) and board.passed
    assert board.timings and "seconds" not in board.dumps()


def test_an_untidy_port_is_told_and_not_rejected(
    corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    words, port = corpus("words"), tmp_path / "port"
    CORPUS.write_port("words", words.saved, words.variables, port, UNTIDY)
    board = words.session.verify(port, gates=["static", "style"])
    assert codes(board) == {"STYLE"} and board.passed


def test_every_code_is_provoked() -> None:
    provoked = {attack.code for attack in CORPUS.attacks()}
    provoked |= {attack.code for attack in (RARE, SLOW, UNTIDY)}
    assert provoked == {code.value for code in Code}


@pytest.mark.parametrize("model", ["norm", "vae"])
def test_the_same_bytes_in_another_process(
    model: str, corpus: Callable[[str], Any], tmp_path: Path
) -> None:
    """Reports of the same port, by processes that hash otherwise; of a model that draws
    at random too."""
    opened, port = corpus(model), tmp_path / "port"
    CORPUS.write_port(model, opened.saved, opened.variables, port)
    opened.session.close()
    found = []
    for hashing in ("1", "2"):
        run = "import sys; from tf2torch.verify import verify; verify(sys.argv[1])"
        subprocess.run(
            [sys.executable, "-c", run, str(port)],
            check=True,
            env={"PYTHONHASHSEED": hashing, **_environment()},
        )
        names = ("report.json", "report.html")
        found.append([(port / name).read_bytes() for name in names])
    assert found[0] == found[1]
    assert json.loads(found[0][0])["passed"] is True


def _environment() -> dict[str, str]:
    import os

    kept = ("PATH", "PYTHONPATH", "HOME", "LANG", "VIRTUAL_ENV")
    return {key: os.environ[key] for key in kept if key in os.environ}
