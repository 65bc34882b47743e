"""Where each node sits in the hierarchy of names.

Scopes are paths already (``encoder/layer_0/attention/query``); flat layer names hide
one between their underscores (``conv2_block1_1_bn`` is conv2 / block1 / 1 / bn).
"""

from __future__ import annotations


from dataclasses import dataclass

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Module, Node, Param
from tf2torch.transpiler.emit.names import is_noise

Path = tuple[str, ...]


@dataclass(frozen=True)
class Paths:
    """``of``: node → path; ``real``: prefixes that are name scopes of the source."""

    of: dict[Node, Path]
    real: frozenset[Path]


def scope_paths(graph: Graph) -> Paths:
    """Paths for every node with an origin; nodes that share state share a path."""
    raw = {n: n.origin.scope for n in graph.nodes() if n.origin.scope}
    raw = _without_common(raw)
    of: dict[Node, Path] = {}
    real: set[Path] = set()
    for node, scope in raw.items():
        path: list[str] = []
        for part in scope:
            path.extend(tokens(part))
            real.add(tuple(path))
        of[node] = tuple(path)
    _meet_where_shared(of)
    return Paths(of, frozenset(real))


def tokens(part: str) -> list[str]:
    """``block_1_expand_BN`` → block_1, expand, BN; auto-names stay whole."""
    if is_noise(part):
        return [part]
    found: list[str] = []
    for word in part.split("_"):
        if word.isdigit() and found and not found[-1][-1:].isdigit():
            found[-1] += f"_{word}"
        elif word:
            found.append(word)
    return found or [part]


def _without_common(raw: dict[Node, Path]) -> dict[Node, Path]:
    """Less the scopes that everything is in."""
    scopes = list(raw.values())
    depth = 0
    while scopes and all(len(s) > depth for s in scopes):
        heads = {s[depth] for s in scopes}
        if len(heads) > 1:
            break
        depth += 1
    shared = min((len(s) for s in scopes), default=0)
    majority = _majority_prefix(scopes, depth)
    depth = max(min(depth, shared), 0)
    if majority:
        return {n: s[1:] if s[:1] == majority else s for n, s in raw.items()}
    return {n: s[depth:] for n, s in raw.items()}


def _majority_prefix(scopes: list[Path], depth: int) -> Path:
    """The first scope when nearly every node is in it (the name of the model)."""
    if depth or not scopes:
        return ()
    heads: dict[Path, int] = {}
    for scope in scopes:
        heads[scope[:1]] = heads.get(scope[:1], 0) + 1
    best = max(heads, key=lambda h: heads[h])
    return best if heads[best] > 0.9 * len(scopes) else ()


def _meet_where_shared(of: dict[Node, Path]) -> None:
    """State used in two places belongs to where they meet, and so do its users."""
    users: dict[object, list[Node]] = {}
    for node in of:
        for key in state_keys(node):
            users.setdefault(key, []).append(node)
    for nodes in users.values():
        paths = {of[n] for n in nodes}
        if len(nodes) < 2 or len(paths) == 1:
            continue
        common = _common(sorted(paths))
        for node in nodes:
            of[node] = common


def state_keys(node: Node) -> list[object]:
    """Identities of the parameters that ``node`` reads or holds."""
    params = [p for p in node.operands if isinstance(p, Param)]
    if isinstance(node, Module):
        params += [p for _, p in node.state if isinstance(p, Param)]
    return [(p.variable, p.transforms) for p in params]


def _common(paths: list[Path]) -> Path:
    first, last = paths[0], paths[-1]
    depth = 0
    while depth < min(len(first), len(last)) and first[depth] == last[depth]:
        depth += 1
    return first[:depth]


