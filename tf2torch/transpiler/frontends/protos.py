"""Reading protos from disk: what cannot be read is said in one line."""

from __future__ import annotations

from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.schema import Proto


def read_saved_model(path: Path) -> Proto:
    """``saved_model.pb`` (or ``.pbtxt``) of a folder."""
    from tensorflow.core.protobuf import saved_model_pb2

    binary, plain = path / "saved_model.pb", path / "saved_model.pbtxt"
    if binary.is_file():
        return parse(saved_model_pb2.SavedModel(), binary)
    return parse_text(saved_model_pb2.SavedModel(), plain)


def meta_graph(saved: Proto, path: Path) -> Proto:
    """The graph for serving; the only one when nothing is tagged so."""
    graphs = list(saved.meta_graphs)
    if not graphs:
        raise SourceError(
            f"{path / 'saved_model.pb'} holds no graph: it is empty or truncated; "
            "copy it again"
        )
    for graph in graphs:
        if "serve" in graph.meta_info_def.tags:
            return graph
    return graphs[0]


def parse(message: Proto, path: Path) -> Proto:
    """``message`` filled from a binary file."""
    from google.protobuf.message import DecodeError

    data = path.read_bytes()
    try:
        message.ParseFromString(data)
    except (DecodeError, RuntimeError):
        raise SourceError(
            f"{path} is not a valid {type(message).__name__}: it is truncated or of "
            "another kind; copy or export it again"
        ) from None
    return message


def parse_text(message: Proto, path: Path) -> Proto:
    """``message`` filled from a text file."""
    from google.protobuf import text_format

    try:
        text_format.Parse(path.read_text("utf-8"), message)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise SourceError(
            f"{path} is not a {type(message).__name__} in text form: {reason}"
        ) from None
    return message
