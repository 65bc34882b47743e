"""What lies at a path, and which front end reads it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends import proto_modules
from tf2torch.transpiler.frontends.meta_graph import Request
from tf2torch.transpiler.frontends.source import Source


class Kind(Enum):
    """The kinds of files that are read."""

    SAVED_MODEL = "saved_model"
    SAVED_MODEL_V1 = "saved_model_v1"
    META_GRAPH = "meta_graph"
    GRAPH_DEF = "graph_def"
    KERAS = "keras"


@dataclass(frozen=True)
class Found:
    """A kind and the path that its front end wants (a folder, file or prefix)."""

    kind: Kind
    path: Path


def load(
    source: object,
    *,
    signature: str | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    trust_lambda: bool = False,
) -> Source:
    """Parse a model: a path, or a live tf.function, tf.Module or Keras model.

    ``inputs`` and ``outputs`` are tensor names; they choose what to port from a
    graph without signatures, and cut a graph with them at these tensors.
    """
    if not isinstance(source, str | os.PathLike):
        _no_tensors("a live object", inputs, outputs)
        return _load_live(source, signature)
    found = detect(Path(source))
    if found.kind is Kind.KERAS:
        if proto_modules.alone():
            raise proto_modules.RuntimeNeeded("Keras builds the model")
        from tf2torch.transpiler.frontends.keras_file import load_keras_file

        _no_signature(str(found.path), signature)
        _no_tensors(str(found.path), inputs, outputs)
        return load_keras_file(found.path, custom_objects, trust_lambda)
    return _load_graph(found, Request(signature, inputs, outputs))


def _load_graph(found: Found, request: Request) -> Source:
    """A file that holds a graph."""
    from tf2torch.transpiler.frontends.frozen import load_frozen
    from tf2torch.transpiler.frontends.meta_graph import load_meta_graph, load_v1
    from tf2torch.transpiler.frontends.saved_model import load_saved_model

    match found.kind:
        case Kind.SAVED_MODEL:
            return load_saved_model(found.path, request)
        case Kind.SAVED_MODEL_V1:
            return load_v1(found.path, request)
        case Kind.META_GRAPH:
            return load_meta_graph(found.path, request)
    _no_signature(str(found.path), request.signature)
    return load_frozen(found.path, request.inputs, request.outputs)


def _no_signature(what: str, signature: str | None) -> None:
    if signature is not None:
        raise SourceError(f"{what} has no signatures: leave out --signature")


def _no_tensors(
    what: str, inputs: Sequence[str] | None, outputs: Sequence[str] | None
) -> None:
    if inputs or outputs:
        raise SourceError(
            f"{what} has the inputs and outputs that it was written with: leave out "
            "--input and --output"
        )


def _load_live(source: object, signature: str | None) -> Source:
    from tf2torch.transpiler.frontends.interface import Identity
    from tf2torch.transpiler.frontends.keras_model import (
        is_keras3,
        is_keras_model,
        load_keras_model,
    )
    from tf2torch.transpiler.frontends.live import load_live

    if is_keras_model(source):
        _no_signature("a Keras model", signature)
        kind = "keras" if is_keras3(source) else "tf_keras"
        return load_keras_model(
            source, Identity(kind, str(getattr(source, "name", "")))
        )
    if not _is_tensorflow(source):
        raise SourceError(
            f"cannot port a {type(source).__name__}: pass a path, a tf.function, a "
            "tf.Module or a Keras model"
        )
    return load_live(source, signature)


def _is_tensorflow(source: object) -> bool:
    """Whether a class of ``source`` comes from TensorFlow; imports nothing."""
    modules = {c.__module__.split(".")[0] for c in type(source).__mro__}
    return bool(modules & {"tensorflow", "keras", "tf_keras"})


def detect(path: Path) -> Found:
    """The kind of model at ``path``; SourceError says what is wrong with others."""
    try:
        if path.is_dir():
            return _folder(path)
        if path.is_file():
            return _file(path)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from None
    if Path(f"{path}.meta").is_file():
        return Found(Kind.META_GRAPH, path)
    if Path(f"{path}.index").is_file():
        raise SourceError(_no_graph(path))
    raise SourceError(f"{path} does not exist: check the path")


def _no_graph(prefix: Path) -> str:
    return (
        f"{prefix} is a checkpoint without a graph: add its .meta file, or export the "
        "model as a SavedModel"
    )


def _folder(path: Path) -> Found:
    if (path / "saved_model.pb").is_file() or (path / "saved_model.pbtxt").is_file():
        return _saved_model(path)
    names = sorted(p.name for p in path.iterdir())
    if not names:
        raise SourceError(f"{path} is an empty folder: give the folder of a SavedModel")
    metas = [n for n in names if n.endswith(".meta")]
    if metas:
        return Found(Kind.META_GRAPH, path / _newest(path, metas).removesuffix(".meta"))
    models = [n for n in names if n.endswith((".keras", ".h5", ".hdf5", ".pb"))]
    if len(models) == 1:
        return _file(path / models[0])
    if models:
        raise SourceError(f"{path} holds several models: choose one of {models[:10]}")
    indices = [n for n in names if n.endswith(".index")]
    if indices:
        raise SourceError(_no_graph(path / indices[0].removesuffix(".index")))
    raise SourceError(
        f"{path} holds no model: expected saved_model.pb, a .keras, .h5 or .pb file, "
        "or a checkpoint with .meta"
    )


def _newest(path: Path, metas: list[str]) -> str:
    """The checkpoint that TensorFlow's ``checkpoint`` file names, else the only one."""
    if len(metas) == 1:
        return metas[0]
    state = path / "checkpoint"
    if state.is_file():
        for line in state.read_text("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            name = Path(value.strip().strip('"')).name + ".meta"
            if key.strip() == "model_checkpoint_path" and name in metas:
                return name
    raise SourceError(f"{path} holds several checkpoints: choose one of {metas[:10]}")


def _saved_model(path: Path) -> Found:
    from tf2torch.transpiler.frontends.protos import meta_graph, read_saved_model

    meta = meta_graph(read_saved_model(path), path)
    nodes = meta.object_graph_def.nodes
    return Found(Kind.SAVED_MODEL if nodes else Kind.SAVED_MODEL_V1, path)


def _file(path: Path) -> Found:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise SourceError(f"{path} is empty: copy it again")
    if head[4:8] == b"TFL3":
        raise SourceError(
            f"{path} is a TFLite model, which has lost its training form: give the "
            "SavedModel or Keras file that it was made from"
        )
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return Found(Kind.KERAS, path)
    if zipfile.is_zipfile(path):
        return Found(Kind.KERAS, path)
    if path.suffix in {".keras", ".h5", ".hdf5"}:
        raise SourceError(
            f"{path} is not a Keras file inside: it is damaged; copy it again"
        )
    if path.name in {"saved_model.pb", "saved_model.pbtxt"}:
        return _saved_model(path.parent)
    if path.suffix == ".meta":
        return Found(Kind.META_GRAPH, path.with_suffix(""))
    if path.suffix == ".index" or ".data-" in path.name:
        prefix = path.with_name(path.name.split(".data-")[0].removesuffix(".index"))
        return detect(prefix)
    return Found(Kind.GRAPH_DEF, path)
