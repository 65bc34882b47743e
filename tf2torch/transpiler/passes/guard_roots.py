"""Square roots whose gradient at 0 is TensorFlow's.

SqrtGrad and RsqrtGrad are 0 wherever no gradient comes in; torch divides by the root
there, and 0/0 is NaN. The two differ where an operand that may be 0 meets a consumer
that passes no gradient on, as a mask does:

    torch.where(seen, torch.sqrt(x), 0.0)   ->   torch.where(seen, sqrt(x), 0.0)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, map_regions, transform, users
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.rules.lifts.algebra import unshaped
from tf2torch.rules.lifts.signs import positive

GUARDED = {"torch.sqrt": "helper.sqrt", "torch.rsqrt": "helper.rsqrt"}
# Their gradient is 0 for some of their operands' elements, whatever comes in.
BLOCKING = frozenset(
    "torch.where torch.maximum torch.minimum .clamp F.relu F.relu6 F.hardtanh .amax "
    ".amin torch.square [] .gather .index_select torch.gather torch.index_select "
    "helper.divide_no_nan helper.multiply_no_nan helper.clip_by_value".split()
)
PASSING = frozenset(
    "* + - neg .permute .to .sum .mean torch.exp torch.tanh torch.sigmoid".split()
)
MAX_DEPTH = 8


def guard_roots(graph: Graph) -> Graph:
    """Helpers in place of roots where torch's own gradient would be NaN."""
    readers = users(graph)
    found = {
        node
        for node in graph.nodes()
        if isinstance(node, Call)
        and node.func in GUARDED
        and not positive(node.operands[0])
        and _may_block(node, readers)
    }
    olds = iter(list(graph.nodes()))  # transform visits in the same order

    def change(node: Node) -> Node | None:
        if next(olds) in found and isinstance(node, Call):
            return replace(node, func=GUARDED[node.func])
        return map_regions(node, guard_roots) if node.graphs() else None

    return transform(graph, change, into_regions=False)


def _may_block(node: Node, readers: dict[Node, list[Node]], depth: int = 0) -> bool:
    if depth > MAX_DEPTH:
        return False
    for user in readers.get(node, ()):
        if not isinstance(user, Call):
            continue
        if _blocks(user, node):
            return True
        if _passes(user, node) and _may_block(user, readers, depth + 1):
            return True
    return False


def _blocks(user: Call, node: Node) -> bool:
    """A product passes nothing to ``node`` where the other factor is 0."""
    if user.func == "*":
        return not all(positive(a) for a in _others(user, node))
    return user.func in BLOCKING and unshaped(user) is None


def _passes(user: Call, node: Node) -> bool:
    """Is its gradient 0 exactly where what comes in is 0?"""
    if user.func == "/":
        return user.args[0] is node
    return user.func in PASSING or unshaped(user) is not None


def _others(user: Call, node: Node) -> list[Arg]:
    """The other factors; ``node`` itself, where it is squared."""
    others = [a for a in user.args if a is not node]
    return others or [node]
