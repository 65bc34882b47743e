"""Lists that a loop only lengthens are appended to, not copied.

    ys = appended(ys, y)   ->   ys.append(y)
    stacked(ys)            ->   torch.stack(ys)

Only for a list that the loop receives empty and fresh, and reads nowhere else.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import call
from tf2torch.ir.graph import (
    Graph,
    Instead,
    map_regions,
    results_of,
    rewrite,
    users,
)
from tf2torch.ir.nodes import Call, For, Node, While


def append_in_place(graph: Graph) -> Graph:
    readers = users(graph)
    complete: set[Node] = set()

    def change(node: Node, old: Node) -> Instead | None:
        match node:
            case Call("helper.stacked" | "helper.stacked_as", (items, *_)):
                if items not in complete:
                    return None
                stacked = replace(node, func="torch.stack", args=(items,))
                return Instead(stacked, (stacked,))
        if not node.graphs():
            return None
        node = map_regions(node, append_in_place)
        if isinstance(node, (For, While)):
            fresh = {
                k
                for k, operand in enumerate(old.operands[-len(node.inputs) :])
                if _is_empty(operand) and readers.get(operand) == [old]
            }
            node, appended = _appending(node, fresh)
            results = results_of(node)
            complete.update(results[k] for k in appended)
            return Instead(node, results)
        return Instead(node, results_of(node))

    return rewrite(graph, change)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Call) and node.func == "list" and not node.args


def _appending(loop: For | While, fresh: set[int]) -> tuple[For | While, list[int]]:
    """The loop, and which of its variables it appends to."""
    body = loop.body
    variables = body.inputs[1:] if isinstance(loop, For) else body.inputs
    inside = users(body)
    outputs, effects = list(body.outputs), list(body.effects)
    appended: list[int] = []
    for k in sorted(fresh):
        name, result = outputs[k]
        match result:
            case Call("helper.appended", (items, value)) if items is variables[k]:
                if inside.get(variables[k]) != [result] or inside.get(result):
                    continue
                if loop.operands.count(loop.inputs[k]) != 1:
                    continue
                if isinstance(loop, While) and _is_read(loop, k):
                    continue
                made = call(".append", items, value, type=result.type)
                effects.append(replace(made, origin=result.origin))
                outputs[k] = (name, items)
                appended.append(k)
    if not appended:
        return loop, appended
    made_body = replace(body, outputs=tuple(outputs), effects=tuple(effects))
    return replace(loop, body=made_body), appended


def _is_read(loop: While, k: int) -> bool:
    return bool(users(loop.cond).get(loop.cond.inputs[k]))
