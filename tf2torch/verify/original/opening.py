"""What lies at a path, and opening it in float32 or float64."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace

from tf2torch.verify.original import keras_file, saved_model, seeding
from tf2torch.verify.original.graph import open_graph, read_meta
from tf2torch.verify.original.keras_file import FUNCTION, TRAIN
from tf2torch.verify.original.model import Original, Request
from tf2torch.verify.original.saved_model import LoadedModel


@dataclass(frozen=True)
class Opened:
    """``kept`` names the op types that run in float32 in a float64 model;
    ``keys`` maps the keys of the caller to those of ``model``, where they differ."""

    model: Original
    kept: list[str]
    keys: dict[str, str]

    @property
    def names(self) -> dict[str, str]:
        """Key in ``model`` → the caller's key; of several the first."""
        found: dict[str, str] = {}
        for key, stored in self.keys.items():
            found.setdefault(stored, key)
        return found


class Opening:
    """Opens one source, at most once in each precision and mode."""

    def __init__(self, request: Request):
        self._request = request
        self._opened: dict[tuple[bool, bool], Opened] = {}
        self._exported: str | None = request.path if request.exported else None

    def __call__(self, wide: bool, training: bool = False) -> Opened:
        kind = wide, training
        if kind not in self._opened:
            self._opened[kind] = self._open(*kind)
        return self._opened[kind]

    @property
    def trains(self) -> bool:
        """Whether the source says how it behaves in training: Keras models do."""
        model = self(False).model
        return isinstance(model, LoadedModel) and hasattr(model.root, TRAIN)

    def _open(self, wide: bool, training: bool) -> Opened:
        request = self._request
        if request.exported or keras_file.is_keras_file(request.path):
            path = self._export()
            function = TRAIN if training else FUNCTION
            request = replace(request, path=path, signature=function, exported=True)
            loaded, kept = _load(request, wide)
            return Opened(loaded, kept, _indices(loaded))
        if not _is_object_based(request.path):
            model, kept = open_graph(request, wide)
            return Opened(model, kept, {v.key: v.key for v in model.variables})
        loaded, kept = _load(request, wide)
        return Opened(loaded, kept, {v.key: v.key for v in loaded.variables})

    def _export(self) -> str:
        if self._exported is None:
            self._exported = tempfile.mkdtemp(prefix="keras-")
            model = keras_file.load(self._request.path)
            keras_file.export(model, self._request.inputs, self._exported)
        return self._exported


def _load(request: Request, wide: bool) -> tuple[LoadedModel, list[str]]:
    kept: list[str] = []
    if wide:
        path, kept = saved_model.widen(request.path)
        request = replace(request, path=path)
    loaded = LoadedModel(replace(request, path=seeding.seeded(request.path)))
    return loaded, [op for op in kept if op in loaded.ops]


def _is_object_based(path: str) -> bool:
    """Whether ``path`` is a SavedModel of TF2, which holds an object graph."""
    if not os.path.isdir(path):
        return False
    meta, _, _ = read_meta(path)
    return len(meta.object_graph_def.nodes) > 0


def _indices(model: LoadedModel) -> dict[str, str]:
    """Position in the lists of an exported module → checkpoint key."""
    stored = {id(variable): key for key, variable in model.by_key.items()}
    found: dict[str, str] = {}
    for attribute, prefix in keras_file.STATE.items():
        for index, variable in enumerate(getattr(model.root, attribute, ())):
            if id(variable) in stored:
                found[f"{prefix}{index}"] = stored[id(variable)]
    return found
