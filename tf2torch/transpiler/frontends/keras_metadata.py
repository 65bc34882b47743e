"""What a Keras 2 SavedModel still says about training: layer configs as JSON.

They lie in ``keras_metadata.pb``, before TF 2.5 in the object graph itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Op, Variable
from tf2torch.transpiler.frontends.keras_dropout import info
from tf2torch.transpiler.frontends.source import (
    BatchNormInfo,
    DropoutInfo,
    Training,
)

if TYPE_CHECKING:
    from tf2torch.transpiler.frontends.saved_model import SavedModel


def saved_training(model: SavedModel, graph: Graph) -> Training:
    """Dropout rates and BatchNorm momenta of the layers that ``graph`` holds."""
    layers: dict[str, DropoutInfo] = {}
    norms: dict[str, BatchNormInfo] = {}
    for node_id, layer in _layers(model):
        config = layer.get("config")
        if not isinstance(config, dict):
            continue
        found = info(str(layer.get("class_name")), config)
        if found is not None:
            layers[str(config.get("name"))] = found
        if "momentum" in config:
            name = _moving_mean(model, node_id)
            if name is not None:
                trainable = bool(layer.get("trainable", True))
                norms[name] = BatchNormInfo(float(config["momentum"]), trainable)
    marked = _marked(graph, layers)
    return Training({name: i.rate for name, i in marked.items()}, marked, norms)


def _layers(model: SavedModel) -> Iterator[tuple[int, dict[str, Any]]]:
    """Object id and metadata of every Keras layer."""
    path = model.path / "keras_metadata.pb"
    if path.is_file():
        try:
            from tf_keras.protobuf import saved_metadata_pb2
        except ImportError:
            return
        from tf2torch.transpiler.frontends.protos import parse

        saved = parse(saved_metadata_pb2.SavedMetadata(), path)
        found = [(node.node_id, node.metadata) for node in saved.nodes]
    else:
        found = [
            (i, node.user_object.metadata)
            for i, node in enumerate(model.objects.nodes)
            if node.WhichOneof("kind") == "user_object"
        ]
    for node_id, text in found:
        try:
            layer = json.loads(text) if text else None
        except ValueError:
            continue
        if isinstance(layer, dict) and 0 <= node_id < len(model.objects.nodes):
            yield node_id, layer


def _moving_mean(model: SavedModel, node_id: int) -> str | None:
    """The name of a normalisation layer's moving mean, where the graph reads it."""
    for edge in model.objects.nodes[node_id].children:
        if edge.local_name == "moving_mean":
            leaf = model.leaves.get(edge.node_id)
            return leaf.info.name if isinstance(leaf, Variable) else None
    return None


def _marked(graph: Graph, layers: dict[str, DropoutInfo]) -> dict[str, DropoutInfo]:
    """The Identity that a dropout layer leaves when it does not train → the layer."""
    found: dict[str, DropoutInfo] = {}
    for node in every_node(graph):
        if isinstance(node, Op) and node.op == "Identity" and node.origin.scope:
            layer = layers.get(node.origin.scope[-1])
            name = str(node.origin)
            if layer is not None and re.fullmatch(r"(.*/)?Identity(_\d+)?", name):
                found[name] = layer
    return found
