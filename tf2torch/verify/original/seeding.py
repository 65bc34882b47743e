"""Random ops that draw the same numbers in every process.

An op without a seed takes one from the machine when its kernel is made. With one it
draws a fixed sequence: other numbers at each call, the same ones in the same order in
the next process, so that two reports of one port are the same bytes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tf2torch.verify.original.model import RANDOM

SEED = 20260


def seed_graph(graph: Any) -> bool:
    """Give each op without a seed its own one, in place; whether there was any."""
    unseeded = [node for node in _nodes(graph) if _lacks_seed(node)]
    for number, node in enumerate(unseeded):
        node.attr["seed"].i, node.attr["seed2"].i = SEED, number + 1
    return bool(unseeded)


def seeded(path: str) -> str:
    """A copy of the SavedModel whose random ops have seeds; itself where they have."""
    from tensorflow.core.protobuf import saved_model_pb2

    file = Path(path, "saved_model.pb")
    if not file.is_file():
        return path
    model = saved_model_pb2.SavedModel()
    model.ParseFromString(file.read_bytes())
    if not any([seed_graph(meta.graph_def) for meta in model.meta_graphs]):
        return path
    target = tempfile.mkdtemp(prefix="seeded-")
    Path(target, "saved_model.pb").write_bytes(model.SerializeToString())
    for name in os.listdir(path):
        if name != "saved_model.pb":
            Path(target, name).symlink_to(Path(path, name).resolve())
    return target


def _nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _lacks_seed(node: Any) -> bool:
    from tensorflow.python.framework import op_def_registry

    schema = op_def_registry.get(node.op)
    if schema is None or not node.op.startswith(RANDOM):
        return False
    if not {"seed", "seed2"} <= {attr.name for attr in schema.attr}:
        return False
    return not (node.attr["seed"].i or node.attr["seed2"].i)
