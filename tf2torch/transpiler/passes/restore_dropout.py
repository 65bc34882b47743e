"""Put back the dropout layers of a Keras source.

    Identity(x)  # a dropout layer at inference   ->   nn.Dropout(0.5)(x)

The front end traces for inference, where dropout does nothing; it leaves an Identity
in the place of each such layer and tells its rate.
"""

from __future__ import annotations

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Module, Node, Op


def restore_dropout(graph: Graph, rates: dict[str, float]) -> Graph:
    """``rates``: name of the TF node that stands for a dropout layer → its rate."""
    if not rates:
        return graph

    def change(node: Node) -> Node | None:
        match node:
            case Op("Identity", (x,)) if node.origin.tf and node.origin.tf[0] in rates:
                # A sum of rates, such as 0.2 * 6 / 16, is no round binary number.
                rate = float(f"{rates[node.origin.tf[0]]:.8g}")
                return Module(
                    "nn.Dropout",
                    (x,),
                    (("p", rate),),
                    types=node.types,
                    origin=node.origin,
                    name="/".join(node.origin.scope),
                )
        return None

    return transform(graph, change)
