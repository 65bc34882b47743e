"""The house rules that a machine can hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path
    for folder in ("tf2torch", "golden_models")
    for path in (ROOT / folder).rglob("*.py")
    if "expected" not in path.parts
)
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 40
NAMES_THAT_NAME_NOTHING = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}

each_file = pytest.mark.parametrize(
    "path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES]
)


@each_file
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MOST_LINES_OF_A_FILE, f"{path}: {lines} lines"


@each_file
def test_functions_are_short(path: Path) -> None:
    long = {
        f"{node.name} (line {node.lineno})": (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    over = {
        name: size for name, size in long.items() if size > MOST_LINES_OF_A_FUNCTION
    }
    assert not over, f"{path}: {over}"


@each_file
def test_exceptions_are_named(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{path}:{node.lineno}: a bare except"


def test_file_names_name_an_idea() -> None:
    assert not [path for path in FILES if path.name in NAMES_THAT_NAME_NOTHING]


@pytest.mark.parametrize("module", ["tf2torch", "tf2torch.cli"])
def test_import_is_light(module: str) -> None:
    """Neither TensorFlow nor torch is loaded by an import: `--help` must be quick."""
    heavy = "{'tensorflow', 'torch', 'keras'} & set(sys.modules)"
    check = f"import sys, {module}; found = {heavy}; assert not found, found"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)
