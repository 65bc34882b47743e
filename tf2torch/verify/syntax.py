"""What the criteria of readable source ask of a file: its classes and forwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MODULES = ("nn.Module", "nn.Sequential", "nn.ModuleList")


@dataclass(frozen=True)
class SourceFile:
    tree: ast.Module
    code: str

    @cached_property
    def modules(self) -> list[ast.ClassDef]:
        """Classes of the model; variants of torch's own layers are none of them."""
        return [
            node
            for node in self.tree.body
            if isinstance(node, ast.ClassDef)
            and any(ast.unparse(b) in MODULES for b in node.bases)
        ]

    @cached_property
    def root(self) -> ast.ClassDef | None:
        return self.modules[-1] if self.modules else None

    def forwards(self) -> Iterator[ast.FunctionDef]:
        for module in self.modules:
            yield from methods(module, "forward")


def methods(module: ast.ClassDef, name: str) -> Iterator[ast.FunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield node


def length_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def body_length(forward: ast.FunctionDef) -> int:
    last = forward.body[-1]
    return (last.end_lineno or last.lineno) - forward.body[0].lineno + 1


def calls_in(node: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield inner, ast.unparse(inner.func)


def operations_of(forward: ast.FunctionDef) -> int:
    """Calls and arithmetic: what the reader has to follow."""
    kinds = (ast.Call, ast.BinOp, ast.Compare)
    return sum(isinstance(n, kinds) for s in forward.body for n in ast.walk(s))


def attributes_of(module: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of every attribute that the constructor sets."""
    for function in methods(module, "__init__"):
        for node in ast.walk(function):
            match node:
                case ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                    value=value,
                ):
                    yield name, value
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id="self"),
                        attr="register_buffer" | "register_parameter",
                    ),
                    args=[ast.Constant(value=name), value, *_],
                ) if isinstance(name, str):
                    yield name, value
