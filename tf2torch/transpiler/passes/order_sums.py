"""What was there first stands first in a sum.

f(x) + x   ->   x + f(x)

Addition of two tensors commutes to the bit.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, map_regions, transform
from tf2torch.ir.nodes import Call, Const, Node, Param


def order_sums(graph: Graph) -> Graph:
    """Terms of sums in the order in which they are computed, in blocks as well."""
    place = {node: i for i, node in enumerate(graph.nodes())}
    swap = {n for n in place if isinstance(n, Call) and _wants_swap(n, place)}
    olds = iter(place)  # transform visits in the same order

    def change(node: Node) -> Node | None:
        old = next(olds)
        if old in swap and isinstance(node, Call):
            return replace(node, args=node.args[::-1])
        return map_regions(node, order_sums) if node.graphs() else None

    return transform(graph, change, into_regions=False)


def _wants_swap(node: Call, place: dict[Node, int]) -> bool:
    match node:
        case Call("+", (Node() as left, Node() as right)):
            plain = not isinstance(left, (Const, Param)) and right is not left
            return (
                plain
                and not isinstance(right, (Const, Param))
                and (place[right] < place[left])
            )
    return False
