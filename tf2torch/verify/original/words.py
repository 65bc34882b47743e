"""The keys of an original's tables of texts: what its inputs are likely to hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST = 1000
LONGEST = 64  # bytes: a longer text is no word
STRING = 7  # DataType
NOT_WORDS = ("tensor_names", "shape_and_slices", "save/", "save_")


def words(path: str) -> list[str]:
    """Of a SavedModel or a frozen graph, by constants and assets; the first MOST."""
    found: dict[bytes, None] = {}
    for word in _all(Path(path)):
        if len(word) <= LONGEST and len(found) < MOST:
            found[word] = None
    return [word.decode("utf-8", "surrogateescape") for word in found]


def _all(path: Path) -> Iterator[bytes]:
    from tensorflow.core.framework import graph_pb2
    from tensorflow.core.protobuf import saved_model_pb2

    if (path / "saved_model.pb").is_file():
        model = saved_model_pb2.SavedModel()
        model.ParseFromString((path / "saved_model.pb").read_bytes())
        for meta in model.meta_graphs:
            yield from _constants(meta.graph_def)
        for file in sorted(path.glob("assets/*")):
            yield from file.read_bytes().splitlines()[:MOST]
    elif path.suffix == ".pb" and path.is_file():
        graph = graph_pb2.GraphDef()
        graph.ParseFromString(path.read_bytes())
        yield from _constants(graph)


def _constants(graph: Any) -> Iterator[bytes]:
    """Arrays of texts in the graph and its functions: the keys of tables are among
    them, which are filled by one or the other."""
    functions = (node for f in graph.library.function for node in f.node_def)
    for node in (*graph.node, *functions):
        tensor = node.attr["value"].tensor
        told = any(part in node.name for part in NOT_WORDS)
        if node.op == "Const" and tensor.dtype == STRING and not told:
            if tensor.tensor_shape.dim:
                yield from tensor.string_val
