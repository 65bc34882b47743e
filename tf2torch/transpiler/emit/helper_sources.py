"""Copies the helpers that a port uses out of tf2torch/rules/helpers, as text.

A helper is a top-level function, class or constant; the helpers it refers to come
along, and so do the imports that any of it needs. The files are parsed, never imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "rules" / "helpers"


@dataclass(frozen=True)
class Definition:
    """One top-level definition: its text, and the global names that it reads."""

    name: str
    text: str
    reads: frozenset[str]
    file: str
    line: int


@dataclass(frozen=True)
class HelperFile:
    definitions: dict[str, Definition]
    imports: dict[str, str]


def helper_texts(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """(import lines, definitions) for helpers called ``names``, in a stable order."""
    found: dict[str, Definition] = {}
    imports: set[str] = set()
    pending = sorted(set(names))
    library = _library()
    while pending:
        name = pending.pop()
        if name in found:
            continue
        file = library.get(name)
        if file is None:
            raise KeyError(f"no helper is called {name} in {FOLDER.name}/")
        definition = file.definitions[name]
        found[name] = definition
        for read in definition.reads:
            if read in file.definitions or _is_helper(file.imports.get(read, "")):
                pending.append(read)
            elif read in file.imports:
                imports.add(file.imports[read])
    ordered = sorted(found.values(), key=lambda d: (d.file, d.line))
    return sorted(imports), [d.text for d in ordered]


def helper_names() -> frozenset[str]:
    """What a local variable must not be called."""
    return frozenset(_library())


def _is_helper(imported: str) -> bool:
    """Helpers import each other; in a port they stand in one file."""
    return imported.startswith("from tf2torch.rules.helpers.")


@lru_cache(maxsize=1)
def _library() -> dict[str, HelperFile]:
    library: dict[str, HelperFile] = {}
    for path in sorted(FOLDER.glob("*.py")):
        file = _parse(path)
        for name in file.definitions:
            if name in library:
                raise ValueError(f"two helpers are called {name}, one in {path.name}")
            library[name] = file
    return library


def _parse(path: Path) -> HelperFile:
    source = path.read_text()
    tree = ast.parse(source)
    lines = source.splitlines()
    imports: dict[str, str] = {}
    definitions: dict[str, Definition] = {}
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.update(_imported(node))
            continue
        for name in _defined(node):
            text = "\n".join(lines[_first_line(node) - 1 : node.end_lineno])
            definitions[name] = Definition(
                name, text, _reads(node), path.name, node.lineno
            )
    return HelperFile(definitions, imports)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [t.id for t in node.targets if isinstance(t, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _reads(node: ast.stmt) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return {}
    found = {}
    for alias in node.names:
        bound = alias.asname or alias.name.split(".")[0]
        shown = alias.name + (f" as {alias.asname}" if alias.asname else "")
        if isinstance(node, ast.Import):
            found[bound] = f"import {shown}"
        else:
            found[bound] = f"from {node.module} import {shown}"
    return found
