"""Prompts are files with named holes; an unknown hole is an error."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from pathlib import Path
from string import Template

from tf2torch.diagnostics import Hint
from tf2torch.repair.facts import Facts
from tf2torch.repair.providers import Request, Tried

FOLDER = Path(__file__).parent / "prompts"
NOT_KNOWN = "not known: the port stands alone"
LARGEST_FILE = 40_000  # characters of model.py that are shown beside the region
ATTEMPTS = 3  # the last ones; of earlier ones only the outcome is told


def render(name: str, **holes: str) -> str:
    """``prompts/<name>.md`` with ``$hole`` filled; KeyError for one that is missing."""
    return Template((FOLDER / f"{name}.md").read_text()).substitute(holes)


def messages(request: Request, brief: bool = False) -> list[dict[str, str]]:
    """System and user message for one region; ``brief``: only the indispensable, for
    a model whose context is too small for all."""
    user = region_text(request, brief)
    if not brief and len(request.source) <= LARGEST_FILE:
        user += render("whole", source=request.source)
    return [
        {"role": "system", "content": render("system")},
        {"role": "user", "content": user},
    ]


def region_text(request: Request, brief: bool) -> str:
    facts = request.facts or Facts(request.region)
    semantics = [f"{op}: {text}" for op, text in facts.semantics]
    return render(
        "region",
        region=request.region,
        kind=facts.kind,
        hints=request.findings or _hints(request),
        boundary=data("\n".join(facts.boundary) or NOT_KNOWN),
        subgraph=data(facts.subgraph or NOT_KNOWN),
        semantics="see its documentation" if brief else data("\n\n".join(semantics)),
        code=request.code,
        verified=", ".join(request.verified) or "nothing yet",
        helpers=signatures(request.source, request.locked),
        attempts=_attempts(request.attempts, request.code, brief),
    )


def _hints(request: Request) -> str:
    return "\n".join(map(hint_text, request.hints)) or "- nothing by name"


def data(text: str) -> str:
    """Text of the model inside its delimiters, which it cannot close."""
    return text.replace("<<<", "< < <").replace(">>>", "> > >").replace("```", "` ` `")


def hint_text(hint: Hint) -> str:
    """The finding with its figures, and the act to take."""
    lines = [f"- {data(str(hint))}"]
    if hint.metric and hint.observed is not None:
        bound = "" if hint.tolerance is None else f", tolerance {hint.tolerance:.3g}"
        lines.append(
            f"  {hint.metric}: observed {_figure(hint.observed)}, "
            f"expected {_figure(hint.expected)}{bound}"
        )
    lines += [f"  {data(text)}" for text in hint.evidence]
    return "\n".join([*lines, f"  to do: {data(hint.fix)}"])


def signatures(source: str, names: Iterable[str]) -> str:
    """``def f(x: Tensor) -> Tensor`` and its docstring's first line, per region."""
    wanted, found = set(names), []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in wanted:
            doc = (ast.get_docstring(node) or "").split("\n")[0]
            found.append(f"- `{_head(node)}`" + (f": {data(doc)}" if doc else ""))
    return "\n".join(found) or "nothing"


def _head(node: ast.ClassDef | ast.FunctionDef) -> str:
    if isinstance(node, ast.FunctionDef):
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"def {node.name}({ast.unparse(node.args)}){returns}"
    methods = (n for n in node.body if isinstance(n, ast.FunctionDef))
    heads = [_head(m) for m in methods if m.name in ("__init__", "forward")]
    return "; ".join([f"class {node.name}", *heads])


def _attempts(tried: tuple[Tried, ...], code: str, brief: bool) -> str:
    if not tried:
        return "none yet"
    parts = []
    for number, attempt in enumerate(tried, 1):
        parts.append(f"### attempt {number}: {data(attempt.outcome)}")
        shown = not brief and number > len(tried) - ATTEMPTS
        if shown and attempt.code:
            diff = difflib.unified_diff(
                code.splitlines(), attempt.code.splitlines(), n=1, lineterm=""
            )
            lines = [line for line in diff if not line.startswith(("---", "+++"))]
            parts.append("what it changed in the code as it is:\n```diff")
            parts.append(data("\n".join(lines)) + "\n```")
    return "\n\n".join(parts)


def _figure(value: float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return data(str(value))
