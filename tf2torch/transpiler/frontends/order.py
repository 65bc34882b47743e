"""The nodes of a body that run, each after what it waits for."""

from __future__ import annotations

from collections.abc import Iterator

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.body import Body, Library, RawNode
from tf2torch.transpiler.frontends.effects import acts

# Stateful ops that hold functions: whether they act shows when these are inlined.
CALLS = frozenset(
    {"StatefulPartitionedCall", "If", "Case", "While", "XlaIf", "XlaWhile"}
)


def running(body: Body, library: Library) -> list[RawNode]:
    """Nodes that results or effects need, in program order as far as edges allow."""
    needed = _needed(body, _roots(body, library))
    done: set[str] = set()
    ordered: list[RawNode] = []
    for name in body.nodes:
        if name not in needed or name in done:
            continue
        stack: list[tuple[str, bool]] = [(name, False)]
        path: set[str] = set()
        while stack:
            current, ready = stack.pop()
            if ready:
                path.discard(current)
                if current not in done:
                    done.add(current)
                    ordered.append(body.nodes[current])
                continue
            if current in done:
                continue
            if current in path:
                raise SourceError(
                    f"graph '{body.name}' has a cycle through '{current}' that is no "
                    "loop: the file is damaged"
                )
            path.add(current)
            stack.append((current, True))
            waits = _waits_for(body, body.nodes[current])
            stack.extend((n, False) for n in reversed(list(waits)) if n not in done)
    return ordered


def _roots(body: Body, library: Library) -> list[str]:
    roots = [ref[0] for _, ref in body.returns if ref not in body.arg_refs]
    roots += body.roots
    if body.effects:
        roots += [n.name for n in body.nodes.values() if _acts(n, library)]
    return [name for name in roots if name in body.nodes]


def _acts(node: RawNode, library: Library) -> bool:
    if node.op in CALLS or node.op in library:
        return True
    return acts(node.op, library.op_def(node.op))


def _needed(body: Body, roots: list[str]) -> set[str]:
    needed: set[str] = set()
    stack = list(roots)
    while stack:
        name = stack.pop()
        if name not in needed:
            needed.add(name)
            stack.extend(_waits_for(body, body.nodes[name]))
    return needed


def _waits_for(body: Body, node: RawNode) -> Iterator[str]:
    """Names of nodes that run first; arguments are there already."""
    for ref in node.inputs:
        if ref in body.arg_refs:
            continue
        if ref[0] not in body.nodes:
            raise SourceError(
                f"node '{node.name}' reads '{ref[0]}', which the graph does not hold: "
                "the file is incomplete"
            )
        yield ref[0]
    for name in node.controls:
        if name in body.nodes and (name, 0) not in body.arg_refs:
            yield name
