"""Regions read variables themselves instead of being handed their values.

before: ``While(h, Identity(ReadVariableOp(kernel)); body(h, k) = ..., k)``
after:  ``While(h; body(h) = ... Identity(ReadVariableOp(kernel)))``

Only values that nothing changes may move: constants, tables and reads of variables
that are never assigned; for a loop, operands that it passes through. Operands that no
region reads are dropped on the way.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, map_regions, substitute
from tf2torch.ir.nodes import (
    Case,
    Const,
    Input,
    Node,
    Op,
    Out,
    Table,
    Variable,
    VariableInfo,
    While,
)
from tf2torch.transpiler.frontends.build import outs


def sink_reads(graph: Graph, assigned: frozenset[VariableInfo]) -> Graph:
    """``graph`` with closed values moved into its regions, outer regions first."""
    new: dict[Node, Node] = {}
    split: dict[Node, list[Node]] = {}
    for node in graph.nodes():
        if isinstance(node, Out) and node.node in split:
            new[node] = split[node.node][node.index]
            continue
        moved = node.map_operands(new.__getitem__)
        results = None
        if isinstance(moved, Case):
            moved = _sink_case(moved, assigned)
        elif isinstance(moved, While):
            moved, results = _sink_while(moved, assigned)
        if moved.graphs():
            moved, old = map_regions(moved, lambda g: sink_reads(g, assigned)), moved
            results = _moved(results, old, moved)
        new[node] = moved
        if results is not None:
            split[node] = results
            new[node] = results[0] if len(node.types) == 1 else moved
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


def _moved(results: list[Node] | None, old: Node, new: Node) -> list[Node] | None:
    """``results`` of ``old`` as results of ``new``."""
    if results is None:
        return None
    found: list[Node] = []
    for result in results:
        if isinstance(result, Out) and result.node is old:
            found.append(replace(result, node=new))
        else:
            found.append(new if result is old else result)
    return found


def closed(node: Node, assigned: frozenset[VariableInfo]) -> bool:
    """Whether ``node`` is a leaf, or a read of one that gives the same everywhere."""
    while isinstance(node, Op) and node.op == "Identity":
        node = node.inputs[0]
    if isinstance(node, Op) and node.op == "ReadVariableOp":
        source = node.inputs[0]
        return isinstance(source, Variable) and source.info not in assigned
    return isinstance(node, Const | Variable | Table)


def _sink_case(case: Case, assigned: frozenset[VariableInfo]) -> Case:
    used = [set(branch.nodes()) - _unread(branch) for branch in case.branches]
    keep = [
        not closed(operand, assigned)
        and any(b.inputs[i] in u for b, u in zip(case.branches, used, strict=True))
        for i, operand in enumerate(case.inputs)
    ]
    if all(keep):
        return case
    branches = tuple(_without(b, case.inputs, keep) for b in case.branches)
    inputs = tuple(n for n, kept in zip(case.inputs, keep, strict=True) if kept)
    return replace(case, inputs=inputs, branches=branches)


def _unread(graph: Graph) -> set[Node]:
    """Inputs that nothing in ``graph`` reads."""
    read: set[Node] = {*graph.results, *graph.effects}
    for node in graph.nodes():
        read.update(node.operands)
    return {n for n in graph.inputs if n not in read}


def _without(
    graph: Graph, operands: tuple[Node, ...], keep: list[bool], results: bool = False
) -> Graph:
    """``graph`` with the inputs that are not kept replaced by the outer values."""
    instead: dict[Node, Node] = {}
    inputs: list[Input] = []
    for formal, actual, kept in zip(graph.inputs, operands, keep, strict=True):
        if kept:
            inputs.append(formal)
        else:
            instead[formal] = actual
    outputs = graph.outputs
    if results:
        outputs = tuple(o for o, kept in zip(outputs, keep, strict=True) if kept)
    return substitute(replace(graph, inputs=tuple(inputs), outputs=outputs), instead)


def _sink_while(
    loop: While, assigned: frozenset[VariableInfo]
) -> tuple[While, list[Node] | None]:
    """The loop without the operands that it passes on and that are closed or unread."""
    passes = [
        _behind_identities(result) is formal
        for formal, result in zip(loop.body.inputs, loop.body.results, strict=True)
    ]
    unread = [
        a and b
        for a, b in zip(_tests(loop.cond), _updates(loop.body, passes), strict=True)
    ]
    keep = [
        not (passed and (unused or closed(operand, assigned)))
        for passed, unused, operand in zip(passes, unread, loop.inputs, strict=True)
    ]
    if all(keep):
        return loop, None
    new = replace(
        loop,
        inputs=tuple(n for n, kept in zip(loop.inputs, keep, strict=True) if kept),
        cond=_without(loop.cond, loop.inputs, keep),
        body=_without(loop.body, loop.inputs, keep, results=True),
        types=tuple(t for t, kept in zip(loop.types, keep, strict=True) if kept),
    )
    fresh = iter(outs(new))
    return new, [
        next(fresh) if kept else operand
        for operand, kept in zip(loop.inputs, keep, strict=True)
    ]


def _tests(cond: Graph) -> list[bool]:
    unread = _unread(cond)
    return [node in unread for node in cond.inputs]


def _updates(body: Graph, passes: list[bool]) -> list[bool]:
    """Per input, whether the body only passes it on."""
    kept = (r for r, passed in zip(body.results, passes, strict=True) if not passed)
    inner = replace(body, outputs=tuple(("", node) for node in kept))
    unread = _unread(inner)
    return [node in unread for node in body.inputs]


def _behind_identities(node: Node) -> Node:
    while isinstance(node, Op) and node.op == "Identity":
        node = node.inputs[0]
    return node
