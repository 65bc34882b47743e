"""Frozen GraphDefs (``.pb``, ``.pbtxt``): one file, weights as constants.

``VariableInfo.key`` and ``name`` are the name of the constant's node.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.body import Library
from tf2torch.transpiler.frontends.build import Builder
from tf2torch.transpiler.frontends.ends import choose_ends
from tf2torch.transpiler.frontends.graph_source import GraphFile, body_between
from tf2torch.transpiler.frontends.graph_tables import GraphTables
from tf2torch.transpiler.frontends.interface import (
    Identity,
    file_fingerprint,
    finish,
    inputs_of,
)
from tf2torch.transpiler.frontends.promote import promote_constants
from tf2torch.transpiler.frontends.protos import parse, parse_text
from tf2torch.transpiler.frontends.schema import Proto, Schemas
from tf2torch.transpiler.frontends.source import Source


def load_frozen(
    path: Path, inputs: Sequence[str] | None, outputs: Sequence[str] | None
) -> Source:
    """A GraphDef file as a Source."""
    graph_def = read_graph_def(path)
    library = Library.of(graph_def.library, Schemas())
    graph = GraphFile.of(graph_def, library)
    ins, outs = choose_ends(graph, inputs, outputs)
    what = Identity("graph_def", path.stem, path, None, file_fingerprint([path]))
    body = body_between(graph, path.stem, ins, outs)
    tables = GraphTables(graph, path.parent)
    nodes = inputs_of(ins)
    build = Builder(library, tables.leaf)
    return finish(
        what,
        build,
        body,
        nodes,
        list(zip(nodes, ins, strict=True)),
        outs,
        promote_constants,
    )


def read_graph_def(path: Path) -> Proto:
    """A GraphDef in binary or text form, checked to hold nodes."""
    from tensorflow.core.framework import graph_pb2

    graph_def = graph_pb2.GraphDef()
    if path.suffix in {".pbtxt", ".prototxt", ".txt"}:
        graph_def = parse_text(graph_def, path)
    else:
        graph_def = _parse_binary(graph_def, path)
    if not graph_def.node or not all(node.op for node in graph_def.node):
        raise SourceError(
            f"{path} holds no TensorFlow graph: give a SavedModel folder, a frozen "
            ".pb, a .keras or .h5 file, or a checkpoint with .meta"
        )
    return graph_def


def _parse_binary(graph_def: Proto, path: Path) -> Proto:
    try:
        return parse(graph_def, path)
    except SourceError:
        if not _looks_like_text(path):
            raise
    if b"node" not in path.read_bytes()[:4096]:
        raise SourceError(
            f"{path} is a text file, not a model: give a SavedModel folder, a frozen "
            ".pb, a .keras or .h5 file, or a checkpoint with .meta"
        )
    return parse_text(graph_def, path)


def _looks_like_text(path: Path) -> bool:
    head = path.read_bytes()[:4096]
    return b"\0" not in head and all(byte >= 9 for byte in head)
