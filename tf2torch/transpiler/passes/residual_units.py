"""Residual units by structure: what lies between a value and a sum with it.

    x -> bn -> relu -> conv -> bn -> relu -> conv -> + x     ->   one block, many times
    x -> conv -> bn -> relu -> conv -> bn -> + bn(conv(x))   ->   the same, projected

A unit is entered through one value alone and left through the sum alone, whatever
else reads that value: skip connections over many units do not hide them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Const, Input, Module, Node, Out, Param, Sizes
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.cut_blocks import (
    LEAVES,
    Group,
    Order,
    cut,
    flow_order,
    readers_of,
)
from tf2torch.transpiler.passes.scope_paths import state_keys

# A unit with more nodes than this is a stage.
MOST_NODES = 60
# It becomes a block when it occurs at least this often.
OFTEN = 3


def residual_units(graph: Graph) -> list[Group]:
    """Units that repeat, up to sizes."""
    readers, order = readers_of(graph), flow_order(graph)
    found: list[tuple[list[Node], object, object]] = []
    taken: set[Node] = set()
    follows = followers(readers)
    place = {node: i for i, node in enumerate(graph.nodes())}
    for node in place:
        unit = _unit(node, readers) or _projected(node, readers, place)
        if unit is None or taken & unit:
            continue
        nodes = sorted(unit, key=place.__getitem__)
        bare = unit_key(nodes, readers, order)
        if node in follows:
            nodes.append(follows[node])
        key = unit_key(nodes, readers, order)
        if bare is None or key is None:
            continue
        taken |= unit
        found.append((nodes, key, bare))
    counts = Counter(key for _, key, _ in found)
    bares = Counter(bare for _, _, bare in found)
    groups = []
    for i, (nodes, key, bare) in enumerate(found):
        if counts[key] < OFTEN <= bares[bare] and key != bare:
            nodes, key = nodes[:-1], bare  # the norm is of what comes after all units
        if max(counts[key], bares[bare] if key == bare else 0) >= OFTEN:
            scope = nodes[-1].origin.scope
            groups.append(Group(nodes, "residual_unit", f"unit_{i}", scope))
    return groups


def unit_key(
    nodes: Sequence[Node], readers: dict[Node, list[Node]], order: Order
) -> object:
    """Equal for equal units; None for what more than one value enters."""
    closed = cut(nodes, readers, order, "")
    if closed is None or len(closed.inputs) != 1:
        return None
    return sign(closed, {}).key


def followers(readers: dict[Node, list[Node]]) -> dict[Node, Node]:
    """Sum → the norm or activation that alone reads it."""
    found: dict[Node, Node] = {}
    for node, after in readers.items():
        if isinstance(node, Call) and node.func == "+" and len(after) == 1:
            if follows(after[0], node):
                found[node] = after[0]
    return found


def follows(node: Node, before: Node) -> bool:
    """Is ``node`` a norm or an activation of ``before`` alone?"""
    others = [o for o in node.operands if o is not before and not isinstance(o, LEAVES)]
    if others or len(node.types) != 1:
        return False
    if isinstance(node, Module):
        return "Norm" in node.cls
    return (
        isinstance(node, Call)
        and node.func.startswith(("F.", "torch."))
        and (node.rank == before.rank and node.shape == before.shape)
    )


def _unit(total: Node, readers: dict[Node, list[Node]]) -> set[Node] | None:
    """The nodes of the unit that ends in ``total``."""
    if not isinstance(total, Call) or total.func != "+" or len(total.operands) != 2:
        return None
    for start, end in (total.operands, total.operands[::-1]):
        inside = _between(start, end)
        if inside is not None and _is_closed(inside, total, readers):
            return inside | {total}
    return None


def _projected(
    total: Node, readers: dict[Node, list[Node]], place: dict[Node, int]
) -> set[Node] | None:
    """Like ``_unit``, where layers stand on both sides of the sum."""
    if not isinstance(total, Call) or total.func != "+" or len(total.operands) != 2:
        return None
    inside: set[Node] = set()
    pending = set(total.operands)
    while len(pending) > 1:
        node = max(pending, key=place.__getitem__)
        pending.remove(node)
        if isinstance(node, (Input, Sizes, Out)) or node.graphs():
            return None
        inside.add(node)
        if len(inside) > MOST_NODES:
            return None
        pending.update(o for o in node.operands if not isinstance(o, (Const, Param)))
    sides = [
        any(state_keys(n) for n in (side, *side.operands)) for side in total.operands
    ]
    if not all(sides) or not _is_closed(inside, total, readers):
        return None
    return inside | {total}


def _is_closed(inside: set[Node], total: Node, readers: dict[Node, list[Node]]) -> bool:
    """Does the sum alone read what several layers made?"""
    closed = all(
        reader in inside or reader is total
        for node in inside
        for reader in readers.get(node, ())
    )
    return closed and len({state_keys(n)[0] for n in inside if state_keys(n)}) > 1


def _between(start: Node, end: Node) -> set[Node] | None:
    """What ``end`` is computed from, down to ``start``; None when that is not all."""
    inside: set[Node] = set()
    stack = [end]
    while stack:
        node = stack.pop()
        if node is start or node in inside:
            continue
        if isinstance(node, (Const, Param)):
            continue
        if isinstance(node, (Input, Sizes, Out)) or node.graphs():
            return None
        inside.add(node)
        if len(inside) > MOST_NODES:
            return None
        stack.extend(node.operands)
    return inside or None
