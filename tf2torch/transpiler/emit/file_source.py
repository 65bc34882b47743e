"""The text of model.py: docstring, imports, helpers, classes."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from tf2torch.diagnostics import TranspileError
from tf2torch.formatting import STEPS, run_ruff
from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Call, Family, Input, Module, Node
from tf2torch.transpiler.emit.class_source import ClassSource
from tf2torch.transpiler.emit.classes import Program, plan_classes
from tf2torch.transpiler.emit.gaps import Gaps
from tf2torch.transpiler.emit.gradients import Gradients
from tf2torch.transpiler.emit.helper_sources import helper_texts
from tf2torch.transpiler.emit.names import Namespace, identifier
from tf2torch.transpiler.emit.size_names import SizeNames
from tf2torch.transpiler.emit.summaries import summary

FILE = '''"""{doc}"""

{imports}

{helpers}

{classes}
'''

# More inputs than this are listed by their looks.
FEW = 6


@dataclass(frozen=True)
class Emitted:
    """``text`` of model.py and what it was made of."""

    text: str
    program: Program
    parameters: tuple[str, ...]
    gaps: Gaps


def emit(
    graph: Graph, name: str, doc: str, single: bool, marked: bool = False
) -> Emitted:
    """Write the classes for ``graph``; ``single``: forward returns the one output;
    ``marked``: comments say where a name scope begins."""
    program = plan_classes(graph, name)
    names = Namespace(("self", *_helpers(graph)))
    parameters = [names.claim(identifier(i.name, "x")) for i in graph.inputs]
    gaps = Gaps(graph, _reserved(graph, program))
    gradients = Gradients(graph, gaps)
    sources = [ClassSource(program, spec, gradients, gaps) for spec in program.classes]
    sources[-1].parameters = parameters
    sources[-1].marked = marked
    sources[-1].outputs = None if single else [n for n, _ in graph.outputs]
    classes = [*gradients.sources(), *gaps.sources()]
    classes += [_class_text(s) for s in sources]
    imports, helpers = helper_texts(_helpers(graph))
    body = "\n\n\n".join([*helpers, *classes])
    text = FILE.format(
        doc=doc,
        imports="\n".join(_imports(body, imports)),
        helpers="\n\n\n".join(helpers),
        classes="\n\n\n".join(classes),
    )
    return Emitted(format_source(text), program, tuple(parameters), gaps)


def _class_text(source: ClassSource) -> str:
    forward = source.forward()
    constructor = source.constructor()
    lines = [f"class {source.spec.name}(nn.Module):"]
    if not source.parameters and (doc := summary(source.spec.graph)):
        lines += [f'    """{doc}"""', ""]
    if constructor:
        lines += [*constructor, ""]
    return "\n".join([*lines, *forward])


def _reserved(graph: Graph, program: Program) -> set[str]:
    """Names of the file that no gap may take."""
    return {*_helpers(graph), *(c.name for c in program.classes)}


def _helpers(graph: Graph) -> set[str]:
    return {name for node in every_node(graph) for name in _helper_of(node)}


def _helper_of(node: Node) -> list[str]:
    if isinstance(node, Family):
        return [name for module in node.modules for name in _helper_of(module)]
    name = ""
    if isinstance(node, Call):
        name = node.func
    elif isinstance(node, Module):
        name = node.cls
    return [name.removeprefix("helper.")] if name.startswith("helper.") else []


# Name in the body → the import that it needs.
KNOWN = (
    (r"\bmath\.", "import math"),
    (r"\bnp\.", "import numpy as np"),
    (r"\btorch\.", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
)


def _imports(body: str, extra: list[str]) -> list[str]:
    """Import lines: ours for the well-known names, the helpers' own for the rest."""
    lines = {line for pattern, line in KNOWN if re.search(pattern, body)}
    from_torch = [n for n in ("Tensor", "nn") if re.search(rf"\b{n}\b", body)]
    if from_torch:
        lines.add(f"from torch import {', '.join(from_torch)}")
    own = ("math", "np", "torch", "F", "Tensor", "nn")
    lines |= {line for line in extra if line.split()[-1] not in own}
    return sorted(lines, key=_import_key)


def _import_key(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def format_source(text: str) -> str:
    """``ruff format`` and its import order; the result must parse to the same code."""
    for step in STEPS:
        done = run_ruff(step, text)
        if done.returncode != 0 and not done.stdout:
            raise TranspileError(
                f"emitted source is not valid Python: {done.stderr[-2000:]}"
            )
        text = done.stdout
    compile(text, "model.py", "exec")
    return text


def module_doc(title: str, graph: Graph) -> str:
    """What the model is, where it comes from, and the shapes that go in and out."""
    sizes = SizeNames(graph)
    rows = _rows(graph.inputs, sizes)
    results = [f"{name}: {sizes.describe(node.type)}" for name, node in graph.outputs]
    one_line = f"{', '.join(rows)}  ->  {', '.join(results)}"
    if len(one_line) <= 84:
        return f"{title}\n\n{one_line}\n"
    return "\n".join([title, "", *rows, "->", *results, ""])


def _rows(inputs: tuple[Input, ...], sizes: SizeNames) -> list[str]:
    """A row per input; many inputs that look alike share one."""
    groups: dict[str, list[str]] = {}
    for node in inputs:
        groups.setdefault(sizes.describe(node.type), []).append(node.name)
    if len(inputs) <= FEW:
        return [f"{i.name}: {sizes.describe(i.type)}" for i in inputs]
    rows = []
    for look, names in groups.items():
        rows += textwrap.wrap(
            f"{', '.join(names)}: {look}", 86, subsequent_indent="    "
        )
    return rows
