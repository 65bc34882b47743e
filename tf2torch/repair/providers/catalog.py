"""Known replacements, without a network.

In this order, each once per region: the region as the compiler emits it from its TF
subgraph; the setting that the verifier's hypothesis names; numerically stable forms;
other gradients; other padding; other lowerings of the subgraph (without the lifts into
idioms, through ONNX). Nothing here knows the right answer: the verifier decides.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from tf2torch.diagnostics import Code
from tf2torch.repair.facts import Lowering
from tf2torch.repair.providers import Answer, Request
from tf2torch.repair.region import regions
from tf2torch.repair.rewrites import gradients, padding, settings, stable
from tf2torch.repair.rewrites.rewriting import Rewrite, rewritten

BUILTINS = frozenset(dir(builtins))
GRADIENTS = frozenset({Code.NO_GRADIENT, Code.GRADIENT_MISMATCH})


class Catalog:
    """Proposes each applicable entry once per region."""

    name = "catalog"

    def propose(self, request: Request) -> Answer | None:
        tried = {_normal(attempt.code) for attempt in request.attempts}
        tried.add(_normal(request.code))
        for entry in _entries(request):
            if not entry.code or not _stands(entry.code, request):
                continue
            if _normal(entry.code) not in tried:
                return Answer(entry.code, text=entry.route)
        return None


def _entries(request: Request) -> Iterator[Lowering]:
    lowerings = iter(()) if request.facts is None else request.facts.lowerings()
    first = next(lowerings, None)
    if first is not None:
        yield first
    for code in settings.proposals(request.code, request.hints):
        yield Lowering("the verifier's hypothesis", code)
    families = [("a stable form", stable.REWRITES), ("padding", padding.REWRITES)]
    own = ("a custom gradient", gradients.REWRITES)
    at = 0 if GRADIENTS & {h.code for h in request.hints} else 1
    families.insert(at, own)
    for route, rewrites in families:
        yield from _rewritten(route, request.code, rewrites)
    yield from lowerings


def _rewritten(
    route: str, code: str, rewrites: tuple[Rewrite, ...]
) -> Iterator[Lowering]:
    for rewrite in rewrites:
        for made in rewritten(code, rewrite):
            yield Lowering(f"{route}: {rewrite.__name__}", made)


def _stands(code: str, request: Request) -> bool:
    """Whether what it calls by name is in the file: a lowering may want a helper that
    is not."""
    known = set(regions(request.source)) | {request.region}
    tree = ast.parse(code)
    own = {
        n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.FunctionDef)
    }
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _stores(n)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return called <= known | own | bound | BUILTINS | _names(request)


def _names(request: Request) -> set[str]:
    """What the file's imports and assignments bind."""
    found: set[str] = set()
    for node in ast.parse(request.source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {a.asname or a.name for a in node.names}
        elif isinstance(node, ast.Assign):
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return found


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _normal(code: str) -> str:
    """The same for code that differs in format only."""
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError):
        return code
