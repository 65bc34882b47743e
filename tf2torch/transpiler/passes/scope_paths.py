"""Where each node sits in the hierarchy of names.

Scopes are paths already (``encoder/layer_0/attention/query``); flat layer names hide
one between their underscores (``conv2_block1_1_bn`` is conv2 / block1 / 1 / bn).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Family, Input, Module, Node, Param
from tf2torch.transpiler.emit.names import is_noise

Path = tuple[str, ...]
MOST = 0.9


@dataclass(frozen=True)
class Paths:
    """``of``: node → path; ``real``: prefixes that are name scopes of the source."""

    of: dict[Node, Path]
    real: frozenset[Path]


def scope_paths(graph: Graph) -> Paths:
    """Paths for every node with an origin; nodes that share state share a path."""
    raw: dict[Node, Path] = {}
    for node in reversed(graph.nodes()):
        if node.origin.scope:
            raw[node] = node.origin.scope
        for operand in node.operands:
            # What a pass put in front of a node belongs to that node.
            if not operand.origin.scope and node in raw:
                raw.setdefault(operand, raw[node])
    raw = _without_common(raw)
    of: dict[Node, Path] = {}
    real: set[Path] = set()
    layers: Counter[Path] = Counter()
    for node, scope in raw.items():
        path: list[str] = []
        for part in scope:
            real.add(tuple(path))
            path.extend(tokens(part))
        of[node] = tuple(path)
        layers[tuple(path)] += bool(state_keys(node))
    # The scope of one layer is none; several layers in one scope are a layer of a user.
    real.update(path for path, count in layers.items() if count > 1)
    for node in graph.nodes():
        if isinstance(node, Call) and node.func == ".permute":
            if isinstance(node.args[0], Input):
                of.pop(node, None)  # the layout at the border is the model's own
    _hand_on_permutes(graph, of)
    _meet_where_shared(graph, of)
    _join_residuals(graph, of)
    _settle_masks(graph, of)
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
    """Less the scopes that everything is in, or nearly everything: the model's name."""
    for _ in range(max(map(len, raw.values()), default=0)):
        heads = Counter(s[:1] for s in raw.values() if s)
        head, count = heads.most_common(1)[0] if heads else ((), 0)
        if not head or count < MOST * len(raw):
            break
        raw = {n: s[1:] if s[:1] == head else s for n, s in raw.items()}
    return raw


def _hand_on_permutes(graph: Graph, of: dict[Node, Path]) -> None:
    """A change of layout belongs to who reads it so, and at the end to the model."""
    readers: dict[Node, list[Path]] = {n: [()] for n in graph.results}
    for node in reversed(graph.nodes()):
        if isinstance(node, Call) and node.func == ".permute" and node.rank == 4:
            if node in readers and not isinstance(node.args[0], Input):
                of[node] = _common(sorted(readers[node]))
        for operand in node.operands:
            readers.setdefault(operand, []).append(of.get(node, ()))


def _join_residuals(graph: Graph, of: dict[Node, Path]) -> None:
    """``x + block(x)`` belongs to the block, when the sum has no name of its own."""
    readers: dict[Node, set[Path]] = {}
    for node in graph.nodes():
        for operand in node.operands:
            readers.setdefault(operand, set()).add(of.get(node, ()))
    for node in graph.nodes():
        if not isinstance(node, Call) or node.func != "+" or len(node.operands) != 2:
            continue
        path = of.get(node, ())
        if path and not is_noise(path[-1]):
            continue
        for result, entered in (node.operands, node.operands[::-1]):
            moved = [node]
            while isinstance(result, Call) and result.func == ".permute":
                moved.append(result)
                result = result.operands[0]
            ends = [_common(sorted((of.get(result, ()), p))) for p in readers[entered]]
            home = max(ends, key=len)
            within = home[: len(path[:-1])] == path[:-1]
            if home and within and of.get(entered, ())[: len(home)] != home:
                of.update(dict.fromkeys(moved, home))
                break


def _meet_where_shared(graph: Graph, of: dict[Node, Path]) -> None:
    """State used in two places belongs to where they meet, and so do its users."""
    users: dict[object, list[Node]] = {}
    for node in graph.nodes():
        for key in state_keys(node):
            users.setdefault(key, []).append(node)
    for nodes in users.values():
        paths = {of.get(n, ()) for n in nodes}
        if len(nodes) < 2 or len(paths) == 1:
            continue
        common = _common(sorted(paths))
        for node in nodes:
            of[node] = common


def _settle_masks(graph: Graph, of: dict[Node, Path]) -> None:
    """What comes from inputs alone (masks, positions) belongs where its readers meet:
    when several blocks read it, the first of them must not own it."""
    nodes = graph.nodes()
    learned: set[Node] = set()
    for node in nodes:
        if state_keys(node) or any(o in learned for o in node.operands):
            learned.add(node)
    paths: dict[Node, list[Path]] = {}
    for node in reversed(nodes):
        if node in of and node not in learned and node in paths:
            of[node] = _common(sorted(paths[node]))
        for operand in node.operands:
            paths.setdefault(operand, []).append(of.get(node, ()))


def state_keys(node: Node) -> list[object]:
    """Identities of the parameters that ``node`` reads or holds, in regions too."""
    params = [p for p in node.operands if isinstance(p, Param)]
    if isinstance(node, Family):
        for module in node.modules:
            params += [p for _, p in module.state if isinstance(p, Param)]
    if isinstance(node, Module):
        params += [p for _, p in node.state if isinstance(p, Param)]
    keys: list[object] = [(p.variable, p.transforms) for p in params]
    if isinstance(node, Module) and node.files:
        keys.append(node.key)
    for graph in node.graphs():
        for inner in graph.nodes():
            keys.extend(state_keys(inner))
    return keys


def _common(paths: list[Path]) -> Path:
    first, last = paths[0], paths[-1]
    depth = 0
    while depth < min(len(first), len(last)) and first[depth] == last[depth]:
        depth += 1
    return first[:depth]
