"""Who may import whom inside tf2torch: the table of the design, and a walk over it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "tf2torch"

BELOW_TRANSPILER = {"rules", "ir", "pycode", "formatting", "diagnostics"}
WHOLE = {"transpiler", "repair", "verify", *BELOW_TRANSPILER}
MAY_IMPORT = {
    "diagnostics": set(),
    "pycode": set(),
    "formatting": set(),
    "ir": {"diagnostics"},
    "rules": {"ir", "pycode", "diagnostics"},
    "transpiler": BELOW_TRANSPILER,
    "verify": {"diagnostics"},
    "repair": {"verify", "formatting", "diagnostics"},
    # What the compiler tells the repair loop; neither of the two knows the other.
    "regeneration": {"transpiler", "repair", *BELOW_TRANSPILER},
    "key_map": {"ir", "diagnostics"},
    "form": {"diagnostics"},
    "api": {"regeneration", "key_map", "form", *WHOLE},
    "inspection": set(),
    "stage_times": set(),
    "golden": {"api", "diagnostics"},
    "fleet": {"api", "verify", "diagnostics"},  # verify: its zygotes live as long
    "repair_options": {"repair", "diagnostics"},
    "cli": {"repair_options", "api", "fleet", "golden", "inspection", "stage_times"}
    | WHOLE,
    "__init__": {"api", "fleet", *WHOLE},
}
# TensorFlow takes seconds to load and torch one: neither on import.
HEAVY = {"tensorflow", "torch", "keras", "tf_keras", "onnx", "onnx2torch", "tf2onnx"}
# Files that are copied into ports, where they stand beside `import torch`.
COPIED_INTO_PORTS = ROOT / "rules" / "helpers"

FILES = sorted(ROOT.rglob("*.py"))


def owner(path: Path) -> str:
    """``tf2torch/verify/wire.py`` belongs to ``verify``."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path, body: list[ast.stmt] | None = None) -> Iterator[str]:
    """Absolute dotted names that a file imports, or that ``body`` alone imports."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in body if body is not None else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: import by the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    mine = owner(path)
    assert mine in MAY_IMPORT, f"{mine} is new: give it a row in this table"
    used = {
        name.split(".")[1] for name in imported(path) if name.startswith("tf2torch.")
    }
    foreign = used - MAY_IMPORT[mine] - {mine}
    assert not foreign, f"{path.relative_to(ROOT)} may not import {sorted(foreign)}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_packages_are_imported_inside_functions(path: Path) -> None:
    if path.is_relative_to(COPIED_INTO_PORTS):
        return
    body = ast.parse(path.read_text("utf-8")).body
    heavy = {name.split(".")[0] for name in imported(path, body)} & HEAVY
    assert not heavy, f"{path.relative_to(ROOT)} imports {sorted(heavy)} on import"
