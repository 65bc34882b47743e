"""Make new tensors where the model's inputs are.

torch.ones((t, t))   ->   torch.ones((t, t), device=x.device)
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, map_regions, transform
from tf2torch.ir.nodes import Call, Input, Node

CREATORS = frozenset(
    f"torch.{name}"
    for name in (
        "arange empty eye full linspace ones rand randint randn randperm tensor zeros "
        "tril_indices triu_indices hann_window hamming_window"
    ).split()
)
# Neither of these is a tensor when the model runs.
HOST = frozenset({"string", "resource", "variant"})


def place_constants(graph: Graph) -> Graph:
    """Each creation gets the device of the first tensor that enters its graph."""
    home = next((i for i in graph.inputs if i.dtype not in HOST and i.rank), None)

    def change(node: Node) -> Node | None:
        if node.graphs():
            return map_regions(node, place_constants)
        if home is None or not isinstance(node, Call) or node.func not in CREATORS:
            return None
        if node.kwarg("device") is not None:
            return None
        return replace(node, kwargs=(*node.kwargs, ("device", device_of(home))))

    return transform(graph, change, into_regions=False)


def device_of(node: Input) -> Call:
    return call("@device", node, type=node.type)
