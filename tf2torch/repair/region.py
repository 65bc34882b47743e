"""Regions of model.py: its classes and functions, and how one is replaced.

A region is named like the class or function. Everything outside of a flagged region is
locked: a replacement that defines anything else is refused unseen.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from tf2torch.repair.tidy import formatted, with_imports

LONGEST = 200_000  # characters: no class that a person would own is longer
DEEPEST = 200  # nested brackets and blocks: parsers recurse


class Refused(Exception):
    """The answer is no replacement for the region, and why."""


@dataclass(frozen=True)
class Region:
    """``code`` is the text of the class or function called ``name``; ``reads`` are the
    other regions that it names."""

    name: str
    code: str
    reads: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.code.encode()).hexdigest()


def regions(source: str) -> dict[str, Region]:
    """The top-level classes and functions of ``source``, in order."""
    lines = source.splitlines(keepends=True)
    tree = ast.parse(source)
    nodes = [n for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    names = {node.name for node in nodes}
    found = {}
    for node in nodes:
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        code = "".join(lines[first - 1 : node.end_lineno])
        reads = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & names
        whole = code if code.endswith("\n") else f"{code}\n"
        found[node.name] = Region(node.name, whole, frozenset(reads - {node.name}))
    return found


def splice(source: str, name: str, code: str) -> str:
    """``source`` with region ``name`` replaced by ``code`` and nothing else."""
    replacement = _definition(name, code)
    _check_interface(regions(source)[name].code, code)
    module = cst.parse_module(source)
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    for node in module.body:
        if isinstance(node, cst.ClassDef | cst.FunctionDef) and node.name.value == name:
            body.append(replacement.with_changes(leading_lines=node.leading_lines))
        else:
            body.append(node)
    text = module.with_changes(body=body).code
    _check_locked(source, text, name)
    tidied = formatted(with_imports(text))
    try:
        _check_locked(source, tidied, name)
    except Refused:
        return text  # the file was not formatted before: leave the rest as it is
    return tidied


def with_functions(code: str, functions: Mapping[str, str]) -> str:
    """``code`` with each function defined inside of the methods that call it.

    ``functions``: name → text of a function.
    """
    return cst.parse_module(code).visit(_Nesting(functions)).code


class _Nesting(cst.CSTTransformer):
    def __init__(self, functions: Mapping[str, str]) -> None:
        self.functions = functions
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self.depth -= 1
        wanted = [
            cst.parse_statement(text)
            for name, text in self.functions.items()
            if m.findall(original_node, m.Call(func=m.Name(name)))
        ]
        block = updated_node.body
        if self.depth or not wanted or not isinstance(block, cst.IndentedBlock):
            return updated_node
        first = int(updated_node.get_docstring() is not None)
        body = [*block.body[:first], *wanted, *block.body[first:]]
        return updated_node.with_changes(body=block.with_changes(body=body))


def _definition(name: str, code: str) -> cst.ClassDef | cst.FunctionDef:
    if len(code) > LONGEST:
        raise Refused(f"the answer is {len(code)} characters long")
    if "\0" in code:
        raise Refused("the answer holds a null character")
    if _depth(code) > DEEPEST:
        raise Refused("the answer is nested too deeply")
    try:
        parsed = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        raise Refused(f"the answer is not Python: {error.message}") from error
    except (RecursionError, ValueError) as error:
        raise Refused(f"the answer is not Python: {error}") from error
    definitions = [
        n for n in parsed.body if isinstance(n, cst.ClassDef | cst.FunctionDef)
    ]
    if len(parsed.body) != 1 or len(definitions) != 1:
        raise Refused("the answer must hold the region alone, one class or function")
    if definitions[0].name.value != name:
        raise Refused(f"the answer defines {definitions[0].name.value}, not {name}")
    return definitions[0]


def _depth(code: str) -> int:
    """A bound on how deep a parser would recurse."""
    deepest = depth = 0
    for letter in code:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth -= 1
    indents = (len(line) - len(line.lstrip()) for line in code.splitlines())
    return max(deepest, max(indents, default=0) // 2)


def _check_locked(before: str, after: str, name: str) -> None:
    try:
        old, new = regions(before), regions(after)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Refused(f"the answer is not Python: {error}") from error
    changed = [n for n in old if n != name and old[n].digest != new[n].digest]
    if changed or list(old) != list(new):
        raise Refused(f"regions outside of {name} changed: {', '.join(changed)}")


def _check_interface(before: str, after: str) -> None:
    """What callers rely on: the kind of definition and its parameters."""
    try:
        old, new = _parameters(before), _parameters(after)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Refused(f"the answer is not Python: {error}") from error
    for method, names in old.items():
        if new.get(method, names) != names:
            where = method or "the function"
            raise Refused(f"the parameters of {where} must stay ({', '.join(names)})")
    if ("" in old) != ("" in new):
        raise Refused("a class must stay a class, and a function a function")


def _parameters(code: str) -> dict[str, list[str]]:
    """Method, or "" for a function, → the names of its parameters."""
    node = ast.parse(code).body[0]
    if isinstance(node, ast.FunctionDef):
        return {"": [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]}
    assert isinstance(node, ast.ClassDef)
    return {
        f.name: [a.arg for a in (*f.args.args, *f.args.kwonlyargs)]
        for f in node.body
        if isinstance(f, ast.FunctionDef) and f.name in ("__init__", "forward")
    }
