"""Static gate: what can be said about model.py without running it (milliseconds)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict, region_at
from tf2torch.verify.provenance import Port
from tf2torch.verify.readability import NO_PROGRAM

# Standard modules by which code reaches outside of itself or looks at who is calling.
OUTSIDE = frozenset(
    "asyncio atexit builtins code codeop concurrent ctypes fcntl ftplib gc http "
    "importlib inspect io marshal mmap multiprocessing os pickle pkgutil pty resource "
    "runpy select shelve shutil signal site smtplib socket socketserver ssl subprocess "
    "sys tempfile threading time traceback urllib webbrowser xmlrpc".split()
)
FORBIDDEN_CALLS = frozenset(
    "eval exec compile __import__ breakpoint globals vars setattr delattr input".split()
)
TORCH_OUTSIDE = (
    "torch.hub",
    "torch.load",
    "torch.save",
    "torch.ops.load_library",
    "torch.utils.cpp_extension",
    "torch.multiprocessing",
    "torch.distributed",
    "torch.testing",
    "torch.package",
    "torch.utils.data",
)


@dataclass(frozen=True)
class Static:
    name = "static"
    hard = True
    dimension = Dimension.STRUCTURE

    def check(self, case: Case) -> Verdict:
        port = case.port
        try:
            tree = ast.parse(port.code)
        except NO_PROGRAM as error:
            line = getattr(error, "lineno", None)
            text = f"model.py is no Python: {error}"
            return Verdict(hints=(_finding(port, line, text, "mend the syntax"),))
        hints = [
            *_class_missing(port, tree),
            *_imports(port, tree),
            *_calls(port, tree),
            *_patches(port, tree),
            *_unported(port, tree),
        ]
        lines = port.code.count("\n")
        figure = Figure("source lines", "model.py", not hints, float(lines))
        return Verdict((figure,), tuple(hints))


def _finding(port: Port, line: int | None, text: str, fix: str) -> Hint:
    return Hint(
        Code.EXECUTION_ERROR,
        Priority.P1,
        region_at(port, line),
        text,
        fix,
        metric="static",
        evidence=(f"model.py:{line}",) if line else (),
    )


def _class_missing(port: Port, tree: ast.Module) -> Iterator[Hint]:
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    if port.cls not in classes:
        yield _finding(
            port, None, f"model.py has no class {port.cls}", f"define class {port.cls}"
        )


def _imports(port: Port, tree: ast.Module) -> Iterator[Hint]:
    dtypes = {i.dtype for i in port.inputs} | {o.dtype for o in port.outputs}
    strings = port.strings or "string" in dtypes
    for node in ast.walk(tree):
        for name in _imported(node):
            top = name.split(".")[0]
            line = getattr(node, "lineno", None)
            standard = top in sys.stdlib_module_names and top not in OUTSIDE
            if name.startswith(TORCH_OUTSIDE) or not (
                standard or top == "torch" or (top == "numpy" and strings)
            ):
                yield _finding(
                    port,
                    line,
                    f"imports {name}",
                    "use torch and the standard library"
                    + ("" if strings else " (numpy only for string features)"),
                )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [f"{module}.{alias.name}" for alias in node.names]
    return []


def _calls(port: Port, tree: ast.Module) -> Iterator[Hint]:
    for node in ast.walk(tree):
        name = _dotted(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name == "setattr" and _on_self(node):
            continue
        line = getattr(node, "lineno", None)
        if name in FORBIDDEN_CALLS or name.startswith(TORCH_OUTSIDE):
            yield _finding(port, line, f"calls {name}", "compute with torch operations")
        elif isinstance(node, ast.Attribute) and node.attr.startswith("__"):
            if node.attr in ("__globals__", "__code__", "__subclasses__", "__dict__"):
                yield _finding(
                    port, line, f"reads {node.attr}", "compute with torch operations"
                )


def _on_self(call: ast.Call) -> bool:
    return bool(call.args) and _dotted(call.args[0]) == "self"


def _patches(port: Port, tree: ast.Module) -> Iterator[Hint]:
    """Assignments to attributes of imported modules: a port must not change torch."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules |= {(a.asname or a.name).split(".")[0] for a in node.names}
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = list(node.targets)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            name = _dotted(target)
            if "." in name and name.split(".")[0] in modules:
                text = f"changes {name}, which is not its own"
                yield _finding(port, target.lineno, text, "leave torch as it is")


def _unported(port: Port, tree: ast.Module) -> Iterator[Hint]:
    """Regions that raise NotImplementedError: from provenance, or by hand."""
    gaps = [gap for gap in port.unported if not _is_written(gap.region, tree)]
    for gap in gaps:
        yield Hint(
            Code.UNSUPPORTED_OP,
            Priority.P1,
            gap.region,
            f"TF op {gap.op} is not ported: {gap.reason}",
            f"write the region by hand, or add a rule for {gap.op} (docs/add_an_op.md)",
            metric="unported ops",
            observed=gap.op,
            expected="none",
        )
    if gaps:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node):
            yield Hint(
                Code.UNSUPPORTED_OP,
                Priority.P1,
                region_at(port, node.lineno),
                f"line {node.lineno} raises NotImplementedError",
                "write what it stands for",
                metric="unported ops",
                evidence=(f"model.py:{node.lineno}",),
            )


def _is_written(region: str, tree: ast.Module) -> bool:
    """Whether the function that stood for a gap has a body that raises no more."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == region:
            raises = [n for n in ast.walk(node) if isinstance(n, ast.Raise)]
            return not any("NotImplementedError" in ast.dump(n) for n in raises)
    return False


def _dotted(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return ""
