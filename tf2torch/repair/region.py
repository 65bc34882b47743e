"""Regions of model.py: its classes and functions, and how one is replaced.

A region is named like the class or function. Everything outside of a flagged region is
locked: a replacement that defines anything else is refused unseen.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass

import libcst as cst


class Refused(Exception):
    """The answer is no replacement for the region, and why."""


@dataclass(frozen=True)
class Region:
    """``code`` is the text of the class or function called ``name``."""

    name: str
    code: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.code.encode()).hexdigest()


def regions(source: str) -> dict[str, Region]:
    """The top-level classes and functions of ``source``, in order."""
    module = cst.parse_module(source)
    found = {}
    for node in module.body:
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            name = node.name.value
            found[name] = Region(name, module.code_for_node(node).strip() + "\n")
    return found


def splice(source: str, name: str, code: str) -> str:
    """``source`` with region ``name`` replaced by ``code`` and nothing else."""
    replacement = _definition(name, code)
    module = cst.parse_module(source)
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    for node in module.body:
        if isinstance(node, cst.ClassDef | cst.FunctionDef) and node.name.value == name:
            body.append(replacement.with_changes(leading_lines=node.leading_lines))
        else:
            body.append(node)
    text = module.with_changes(body=body).code
    _check_locked(source, text, name)
    return text


def _definition(name: str, code: str) -> cst.ClassDef | cst.FunctionDef:
    try:
        parsed = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        raise Refused(f"the answer is not Python: {error.message}") from error
    definitions = [
        n for n in parsed.body if isinstance(n, cst.ClassDef | cst.FunctionDef)
    ]
    if len(parsed.body) != 1 or len(definitions) != 1:
        raise Refused("the answer must hold the region alone, one class or function")
    if definitions[0].name.value != name:
        raise Refused(f"the answer defines {definitions[0].name.value}, not {name}")
    return definitions[0]


def _check_locked(before: str, after: str, name: str) -> None:
    old, new = regions(before), regions(after)
    changed = [n for n in old if n != name and old[n].digest != new[n].digest]
    if changed or list(old) != list(new):
        raise Refused(f"regions outside of {name} changed: {', '.join(changed)}")
    ast.parse(after)
