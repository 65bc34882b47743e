"""A sum is taken in the layout in which its terms are read elsewhere.

    a.permute(0, 3, 1, 2) is there; (a + b).permute(0, 3, 1, 2)
    becomes   a.permute(0, 3, 1, 2) + b.permute(0, 3, 1, 2)

so that residual blocks take and give the same layout from the first on.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import to_channels_first, to_channels_last
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Node

FIRST, LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def sums_in_layout(graph: Graph) -> Graph:
    """Sums of channels-last values, channels first where a term is needed so."""
    read_first = {
        node.operands[0]
        for node in graph.nodes()
        if isinstance(node, Call) and node.func == ".permute" and node.args[1] == FIRST
    }
    new: dict[Node, Node] = {}
    first: dict[Node, Node] = {}

    def moved(node: Node) -> Node:
        """``node`` (new) channels first, once."""
        if node not in first:
            first[node] = to_channels_first(node)
        return first[node]

    for node in graph.nodes():
        source = node.map_operands(new.__getitem__)
        match source:
            case Call(".permute", (Node() as x, axes)) if axes == FIRST:
                source = first.setdefault(x, source)
            case Call("+", (Node() as a, Node() as b)) if (
                a.rank == b.rank == node.rank == 4
                and any(o in read_first for o in node.operands)
            ):
                total = replace(
                    source,
                    args=(moved(a), moved(b)),
                    types=to_channels_first(node).types,
                )
                source = to_channels_last(total)
                first[source] = total
        new[node] = source
    return replace(
        graph,
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(new[n] for n in graph.effects),
    )
