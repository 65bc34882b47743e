"""The README keeps its word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_commands_are_those_of_the_program() -> None:
    from tf2torch.cli import main

    section = README.split("## Commands")[1].split("##")[0]
    assert set(re.findall(r"tf2torch ([\w-]+) ", section)) == set(main.commands)


def test_options_exist() -> None:
    from tf2torch.cli import main

    known = {
        option
        for command in main.commands.values()
        for parameter in command.params
        for option in parameter.opts
    }
    assert set(re.findall(r"(--[a-z][a-z-]+)", README)) <= known | {
        "--help",
        "--update",
    }


def test_files_exist() -> None:
    for path in re.findall(r"(?:examples|scripts|docs)/[\w./]+", README):
        assert (ROOT / path).exists(), path


@pytest.mark.slow
def test_first_command(tmp_path: Path) -> None:
    """The conversion of a trained model; without a key, in this environment."""
    assert "bash examples/basic_pitch.sh" in README
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    port = tmp_path / "port"
    done = subprocess.run(
        ["bash", "examples/basic_pitch.sh", str(port)],
        cwd=ROOT,
        env=kept | {"TF2TORCH_VENV": sys.prefix},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1].endswith(str(port / "model.py"))
