"""Changes of layout that all branches make alike are made once, outside of them.

if training: y = norm(x.permute(0, 3, 1, 2), ...).permute(0, 2, 3, 1)
else:        y = bn(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
->
x = x.permute(0, 3, 1, 2)
if training: y = norm(x, ...)
else:        y = bn(x)
y = y.permute(0, 2, 3, 1)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import (
    Graph,
    Instead,
    map_regions,
    results_of,
    rewrite,
    substitute,
    users,
)
from tf2torch.ir.nodes import Arg, Call, Case, Node


def permutes_of_cases(graph: Graph) -> Graph:
    """``graph``, and the regions in it, with permutes around its branches."""

    def change(node: Node, old: Node) -> Instead | None:
        if not node.graphs():
            return None
        node = map_regions(node, permutes_of_cases)
        if not isinstance(node, Case):
            return Instead(node, results_of(node))
        return _results_outside(_inputs_outside(node))

    return rewrite(graph, change)


def _inputs_outside(case: Case) -> Case:
    """Inputs that all branches permute alike enter permuted."""
    for k, value in enumerate(case.inputs):
        axes = _axes_of_input(case, k)
        if axes is None:
            continue
        branches = []
        for branch in case.branches:
            old = branch.inputs[k]
            moved = [n for n in branch.nodes() if old in n.operands]
            types = moved[0].types if moved else _moved(value, axes).types
            new = replace(old, types=types)
            inner = substitute(branch, dict.fromkeys(moved, new))
            entries = (*branch.inputs[:k], new, *branch.inputs[k + 1 :])
            branches.append(replace(inner, inputs=entries))
        inputs = (*case.inputs[:k], _moved(value, axes), *case.inputs[k + 1 :])
        case = replace(case, inputs=inputs, branches=tuple(branches))
    return case


def _axes_of_input(case: Case, k: int) -> tuple[Arg, ...] | None:
    found: set[tuple[Arg, ...] | None] = set()
    for branch in case.branches:
        entry = branch.inputs[k]
        found.update(_axes(n) for n in users(branch).get(entry, ()))
        if entry in branch.results:
            return None
    return found.pop() if len(found) == 1 else None


def _axes(node: Node) -> tuple[Arg, ...] | None:
    match node:
        case Call(".permute", (Node(), tuple() as axes)):
            return axes
    return None


def _moved(value: Node, axes: tuple[Arg, ...]) -> Node:
    shape = value.shape
    order = [a for a in axes if isinstance(a, int)]
    new = None if shape is None else tuple(shape[a] for a in order)
    return Call(
        ".permute",
        (value, axes),
        types=(value.type.with_shape(new),),
        origin=value.origin,
    )


def _results_outside(case: Case) -> Instead:
    """Results that all branches permute alike are permuted afterwards."""
    after: dict[int, tuple[Arg, ...]] = {}
    for i in range(len(case.types)):
        found = {_axes(branch.results[i]) for branch in case.branches}
        axes = found.pop()
        if not found and axes is not None:
            after[i] = axes
    branches = tuple(
        branch.with_results(
            r.operands[0] if i in after else r for i, r in enumerate(branch.results)
        )
        for branch in case.branches
    )
    types = tuple(
        branches[0].results[i].types[0] if i in after else own
        for i, own in enumerate(case.types)
    )
    made = replace(case, branches=branches, types=types)
    results = tuple(
        _moved(value, after[i]) if i in after else value
        for i, value in enumerate(results_of(made))
    )
    return Instead(made, results)
