"""A spliced file as the emitter would have left it: imports that are needed, format."""

from __future__ import annotations

import ast

from tf2torch.formatting import STEPS, run_ruff

# Names that an answer may use without importing them, and what brings them in.
AT_HAND = {
    "math": "import math",
    "re": "import re",
    "np": "import numpy as np",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "Tensor": "from torch import Tensor",
    "nn": "from torch import nn",
}


def with_imports(source: str) -> str:
    """``source`` with an import for each name at hand that it reads and lacks."""
    tree = ast.parse(source)
    bound = {
        (alias.asname or alias.name).split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    missing = [AT_HAND[name] for name in AT_HAND if name in read - bound]
    if not missing:
        return source
    first = next(
        (n.lineno for n in tree.body if not _is_docstring(n)), len(source.splitlines())
    )
    lines = source.splitlines(keepends=True)
    added = [f"{line}\n" for line in missing]
    return "".join([*lines[: first - 1], *added, *lines[first - 1 :]])


def formatted(source: str) -> str:
    """``source`` by ruff's import order and format; as it was where ruff fails."""
    text = source
    for step in STEPS:
        done = run_ruff(step, text)
        if done.returncode != 0 or not done.stdout:
            return source
        text = done.stdout
    return text


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
