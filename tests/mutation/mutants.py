"""All mutants of one model.py, and a fair choice of them."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from tests.mutation.operators import OPERATORS

# Not behaviour: what is written here changes nothing that a caller sees.
SKIPPED = (cst.Annotation, cst.Import, cst.ImportFrom, cst.Decorator)


@dataclass(frozen=True)
class Mutant:
    """``regions`` may be flagged: the class that holds the change, and those that the
    changed statement builds or calls with other arguments."""

    operator: str
    change: str
    line: int
    before: str
    after: str
    regions: tuple[str, ...]
    text: str


def mutants(text: str, count: int, seed: int) -> list[Mutant]:
    """At most ``count``, by turns of each operator, so that no kind is left out; no
    two of them, and none and the original, are the same program."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    positions = wrapper.resolve(PositionProvider)
    groups = _changes(wrapper)
    generator = random.Random(seed)
    for group in groups.values():
        generator.shuffle(group)
    seen, places, found = {ast.dump(ast.parse(text))}, _Places(text), []
    while len(found) < count and any(groups.values()):
        for operator, group in groups.items():
            if not group or len(found) == count:
                continue
            node, change, new = group.pop()
            made = _replaced(wrapper.module, node, new)
            tree = None if made is None else ast.dump(ast.parse(made))
            if made is None or tree is None or tree in seen:
                continue
            seen.add(tree)
            line = positions[node].start.line
            before, after = _lines(text, made, line)
            regions = places.of(line)
            found.append(Mutant(operator, change, line, before, after, regions, made))
    return found


def _changes(
    wrapper: MetadataWrapper,
) -> dict[str, list[tuple[cst.CSTNode, str, cst.CSTNode]]]:
    """Everything that each operator would do."""
    parents: dict[cst.CSTNode, cst.CSTNode] = dict(wrapper.resolve(ParentNodeProvider))
    groups: dict[str, list[tuple[cst.CSTNode, str, cst.CSTNode]]] = {}
    for node in _nodes(wrapper.module):
        if any(isinstance(p, SKIPPED) for p in _upwards(node, parents)):
            continue
        for name, operator in OPERATORS.items():
            for change, new in operator(node):
                groups.setdefault(name, []).append((node, change, new))
    return groups


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _upwards(
    node: cst.CSTNode, parents: dict[cst.CSTNode, cst.CSTNode]
) -> Iterator[cst.CSTNode]:
    while node in parents:
        yield node
        node = parents[node]


def _replaced(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> str | None:
    try:
        made = module.deep_replace(old, new)
        assert isinstance(made, cst.Module)
        ast.parse(made.code)
    except (cst.CSTValidationError, SyntaxError, TypeError, AssertionError):
        return None
    return made.code


def _lines(text: str, made: str, line: int) -> tuple[str, str]:
    """The first line that differs, before and after."""
    old, new = text.splitlines(), made.splitlines()
    pairs = enumerate(zip(old, new, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), line - 1)
    return old[at].strip(), new[at].strip() if at < len(new) else ""


class _Places:
    """Which classes a line of the source is about."""

    def __init__(self, text: str):
        tree = ast.parse(text)
        self._classes = [n for n in tree.body if isinstance(n, ast.ClassDef)]
        self._functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
        self._names = {node.name for node in self._classes}
        self._tree = tree

    def of(self, line: int) -> tuple[str, ...]:
        found: list[str] = []
        for node in self._classes:
            if _inside(node, line):
                found += [node.name, *self._built(node, line)]
        for function in self._functions:
            if _inside(function, line):
                found += self._callers(function.name)
        for node in self._tree.body:  # no module, so only its users can be flagged
            if isinstance(node, ast.ClassDef) and _inside(node, line):
                found += [] if _is_module(node) else self._callers(node.name)
            if isinstance(node, ast.Assign) and _inside(node, line):
                for target in node.targets:
                    found += self._callers(ast.unparse(target))
        return tuple(dict.fromkeys(found))

    def _built(self, owner: ast.ClassDef, line: int) -> list[str]:
        """Classes, and layers of the owner, in the statements of that line."""
        found = []
        for node in ast.walk(owner):
            compound = isinstance(node, ast.ClassDef | ast.FunctionDef)
            if isinstance(node, ast.stmt) and not compound and _inside(node, line):
                found += self._used(node) + self._configured(owner, node, line)
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                if node.lineno <= line < node.body[0].lineno:
                    found += self._used(node)  # a default, handed on to what it builds
        return found

    def _configured(self, owner: ast.ClassDef, node: ast.AST, line: int) -> list[str]:
        """In ``__init__``: the classes of the attributes that a statement names."""
        for function in owner.body:
            if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                if not _inside(function, line):
                    return []
                names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                return [
                    used
                    for statement in function.body
                    if isinstance(statement, ast.Assign)
                    and isinstance(statement.targets[0], ast.Attribute)
                    and statement.targets[0].attr in names
                    for used in self._used(statement)
                ]
        return []

    def _used(self, node: ast.AST) -> list[str]:
        used = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        return [name for name in used if name in self._names]

    def _callers(self, name: str) -> list[str]:
        """Classes that use a function, also through other functions."""
        names = {name}
        for _ in self._functions:
            names |= {
                f.name
                for f in self._functions
                if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(f))
            }
        return [
            node.name
            for node in self._classes
            if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(node))
        ]


def _is_module(node: ast.ClassDef) -> bool:
    return not any("Function" in ast.unparse(base) for base in node.bases)


def _inside(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)
