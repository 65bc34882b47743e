"""Results of conditionals and loops that nobody reads go away.

before: ``If(p, x; else = (f(x), OptionalNone), then = (g(x), OptionalFromValue(x)))``
after:  ``If(p, x; else = f(x), then = g(x))`` where only the first result is read

A graph that was saved with its gradients keeps in every forward conditional or loop
what the backward one wanted to know; without the backward half, nobody reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tf2torch.ir.graph import Graph, map_regions
from tf2torch.ir.nodes import Case, Input, Node, Out, While
from tf2torch.transpiler.frontends.build import outs
from tf2torch.transpiler.frontends.effects import is_random

T = TypeVar("T")


def drop_unread(graph: Graph) -> Graph:
    """``graph`` without results that no output and no act of it depends on."""
    wanted = _Wanted()
    for root in (*graph.results, *(n for n in graph.effects if not is_random(n))):
        wanted.add(root)
    for node in reversed(graph.nodes()):
        wanted.visit(node)
    new: dict[Node, Node] = {}
    moved: dict[Node, dict[int, Node]] = {}
    for node in graph.nodes():
        if isinstance(node, Out) and node.node in moved:
            if (kept := moved[node.node].get(node.index)) is not None:
                new[node] = kept
        elif node in wanted.instead:
            made = wanted.instead[node].map_operands(new.__getitem__)
            indices = sorted(wanted.results[node])
            moved[node] = dict(zip(indices, outs(made), strict=True))
            new[node] = made
        elif node in wanted.results or isinstance(node, Input):
            new[node] = node.map_operands(new.__getitem__)
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects if node in new),
    )


@dataclass
class _Wanted:
    """Node → the results of it that are read; and what takes its place then."""

    results: dict[Node, set[int]] = field(default_factory=dict)
    instead: dict[Node, Node] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        found = self.results.setdefault(node, set())
        if isinstance(node, Out):
            self.results.setdefault(node.node, set()).add(node.index)
        elif len(node.types) == 1:
            found.add(0)

    def visit(self, node: Node) -> None:
        """Note what ``node`` reads; all of its readers have been visited."""
        if node not in self.results or isinstance(node, Out):
            return
        made: Node = node
        if isinstance(node, Case):
            made = _case(node, self.results[node])
        elif isinstance(node, While):
            self.results[node], made = _loop(node, self.results[node])
        elif node.graphs():
            made = map_regions(node, drop_unread)
        if made is not node:
            self.instead[node] = made
            if not isinstance(node, Case | While):
                self.results[node] = set(range(len(node.types)))
        for operand in made.operands:
            self.add(operand)


def _case(case: Case, wanted: set[int]) -> Case:
    """``case`` with the ``wanted`` results, over the operands that they read."""
    kept = sorted(wanted)
    branches = [drop_unread(_with_results(b, kept)) for b in case.branches]
    reads = [_read(b) for b in branches]
    used = [i for i in range(len(case.inputs)) if any(i in r for r in reads)]
    if len(used) == len(case.inputs) and len(kept) == len(case.types):
        return replace(case, branches=tuple(branches))
    return replace(
        case,
        inputs=_at(case.inputs, used),
        branches=tuple(replace(b, inputs=_at(b.inputs, used)) for b in branches),
        types=_at(case.types, kept),
    )


def _loop(loop: While, wanted: set[int]) -> tuple[set[int], While]:
    """The variables that ``wanted`` ones and the condition need, and their loop."""
    cond = drop_unread(loop.cond)
    needed = wanted | _read(cond)
    while True:
        kept = sorted(needed)
        body = drop_unread(_with_results(loop.body, kept))
        more = _read(body) - needed
        if not more:
            break
        needed = needed | more
    return needed, replace(
        loop,
        inputs=_at(loop.inputs, kept),
        cond=replace(cond, inputs=_at(cond.inputs, kept)),
        body=replace(body, inputs=_at(body.inputs, kept)),
        types=_at(loop.types, kept),
    )


def _read(graph: Graph) -> set[int]:
    """Positions of the inputs that anything in ``graph`` reads."""
    read: set[Node] = {*graph.results, *graph.effects}
    for node in graph.nodes():
        read.update(node.operands)
    return {i for i, node in enumerate(graph.inputs) if node in read}


def _with_results(graph: Graph, kept: list[int]) -> Graph:
    return replace(graph, outputs=_at(graph.outputs, kept))


def _at(items: Sequence[T], positions: Sequence[int]) -> tuple[T, ...]:
    return tuple(items[i] for i in positions)
