"""The padding of a block as a layer of it.

    conv(F.pad(x, (0, 1, 0, 1)))   ->   conv(pad(x)), pad = nn.ZeroPad2d((0, 1, 0, 1))

Where a class pads once; several paddings stay in its forward.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Block, Blocks, Call, Module, Node
from tf2torch.transpiler.passes.explicit_pads import pads_of, zero_pad


def single_pads(graph: Graph) -> Graph:
    """``graph``, and each block in it, with its only padding as a module."""
    padded = [n for n in graph.nodes() if _is_pad(n)]
    layered = any(
        isinstance(n, Module) and n.cls == "nn.ZeroPad2d" for n in graph.nodes()
    )
    chosen = padded[0] if len(padded) == 1 and not layered else None
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        moved = node.map_operands(new.__getitem__)
        if isinstance(moved, Block):
            moved = replace(moved, graph=single_pads(moved.graph))
        elif isinstance(moved, Blocks):
            moved = replace(moved, graphs_=tuple(map(single_pads, moved.graphs_)))
        elif node is chosen:
            pads = pads_of(moved)
            assert pads is not None
            even = pads[0] if len(set(pads)) == 1 else pads
            moved = zero_pad(moved.operands[0], even, moved)
        new[node] = moved
    return replace(
        graph,
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


def _is_pad(node: Node) -> bool:
    return isinstance(node, Call) and node.rank == 4 and pads_of(node) is not None
