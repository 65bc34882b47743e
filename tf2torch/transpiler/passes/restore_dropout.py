"""Put back the dropout layers of a Keras source.

    Identity(x)  # a dropout layer at inference   ->   nn.Dropout(0.5)(x)

The front end traces for inference, where dropout does nothing; it leaves an Identity
in the place of each such layer and tells its rate. Keras drops the same channels at
all places of [N, ..., C] for SpatialDropout, and whole samples for a noise shape of
(None, 1, ..., 1) (stochastic depth).
"""

from __future__ import annotations

from collections.abc import Mapping

from tf2torch.ir.build import to_channels_first, to_channels_last
from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Module, Node, Op
from tf2torch.transpiler.frontends.source import DropoutInfo

ALONG_CHANNELS = {
    "SpatialDropout1D": "nn.Dropout1d",
    "SpatialDropout2D": "nn.Dropout2d",
    "SpatialDropout3D": "nn.Dropout3d",
}
PLAIN = {
    "Dropout": "nn.Dropout",
    "AlphaDropout": "nn.AlphaDropout",
    "GaussianDropout": "helper.GaussianDropout",
}


def restore_dropout(graph: Graph, layers: Mapping[str, DropoutInfo]) -> Graph:
    """``layers``: name of the TF node that stands for a dropout layer → the layer."""
    if not layers:
        return graph

    def change(node: Node) -> Node | None:
        match node:
            case Op("Identity", (x,)) if node.origin.tf and node.origin.tf[0] in layers:
                return _layer(node, x, layers[node.origin.tf[0]])
        return None

    return transform(graph, change)


def _layer(node: Op, x: Node, info: DropoutInfo) -> Node | None:
    if info.layer in ALONG_CHANNELS:
        inside = to_channels_first(x)
        return to_channels_last(_module(node, ALONG_CHANNELS[info.layer], inside, info))
    shape = info.noise_shape
    if shape is None or all(size is None for size in shape):
        cls = PLAIN.get(info.layer)
    elif shape[0] is None and all(size == 1 for size in shape[1:]):
        cls = "helper.StochasticDepth"
    else:
        cls = None
    return None if cls is None else _module(node, cls, x, info)


def _module(node: Op, cls: str, x: Node, info: DropoutInfo) -> Module:
    return Module(
        cls,
        (x,),
        # A sum of rates, such as 0.2 * 6 / 16, is no round binary number.
        (("p", float(f"{info.rate:.8g}")),),
        types=(x.type,),
        origin=node.origin,
        name="/".join(node.origin.scope),
    )
