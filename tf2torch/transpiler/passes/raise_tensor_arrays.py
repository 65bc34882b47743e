"""TF1's TensorArrays become TensorLists.

    handle, flow = TensorArrayV3(n)          ->   items = TensorListReserve(n)
    TensorArrayWriteV3(handle, i, x, flow)   ->   TensorListSetItem(items, i, x)

A TensorArray is changed in place, but every op on it takes the flow of the one
before; so the flow can be the list, and the handle is not needed. Runs before types
are inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from tf2torch.ir.build import array_of, const
from tf2torch.ir.graph import Graph, results_of
from tf2torch.ir.nodes import Attr, Case, Input, Node, Op, Out, While
from tf2torch.ir.types import TensorType

LIST = TensorType("variant", None)
Attrs = Mapping[str, Attr]


def raise_tensor_arrays(graph: Graph) -> Graph:
    return _Raising().graph(graph)


@dataclass
class _Raising:
    """``arrays``: handle → the attributes of the TensorArray that it names."""

    arrays: dict[Node, Attrs] = field(default_factory=dict)

    def graph(self, graph: Graph) -> Graph:
        new: dict[Node, Node] = {}
        results: dict[Node, tuple[Node, ...]] = {}
        for node in graph.nodes():
            if isinstance(node, Out) and node.node in results:
                new[node] = results[node.node][node.index]
                continue
            moved = node.map_operands(new.__getitem__)
            made = self.node(moved)
            new[node] = moved if made is None else made[0]
            if made is not None and len(node.types) > 1:
                results[node] = made
            if moved in made_regions(made):
                new[node] = moved
        return replace(
            graph,
            outputs=tuple((name, new[node]) for name, node in graph.outputs),
            effects=tuple(new[node] for node in graph.effects),
        )

    def node(self, node: Node) -> tuple[Node, ...] | None:
        """What stands for each result; None when ``node`` stays."""
        match node:
            case Op("TensorArrayV3"):
                return self.create(node)
            case Op("Identity", (x,)) if x.dtype == "variant":
                return (x,)
            case Op(op, (handle, *_)) if handle in self.arrays and op in RULES:
                made = RULES[op](node, self.arrays[handle])
                return made
        return None
