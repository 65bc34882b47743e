"""What lies at a path, and opening it in float32 or float64."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from tf2torch.verify.original import keras_file, saved_model
from tf2torch.verify.original.graph import open_graph, read_meta
from tf2torch.verify.original.model import Original, Request
from tf2torch.verify.original.saved_model import LoadedModel

KERAS_ENDINGS = (".keras", ".h5", ".hdf5")


@dataclass(frozen=True)
class Opened:
    """``kept`` names the op types that run in float32 in a float64 model;
    ``keys`` maps the keys of the caller to those of ``model``, where they differ."""

    model: Original
    kept: list[str]
    keys: dict[str, str]


class Opening:
    """Opens one source, at most once in each precision."""

    def __init__(self, request: Request):
        self._request = request
        self._opened: dict[bool, Opened] = {}
        self._exported: str | None = None

    def __call__(self, wide: bool) -> Opened:
        if wide not in self._opened:
            self._opened[wide] = self._open(wide)
        return self._opened[wide]

    def _open(self, wide: bool) -> Opened:
        request, keys = self._request, {}
        if request.path.endswith(KERAS_ENDINGS):
            path = self._export()
            keys = _weight_keys(path)
            request = replace(request, path=path, signature=keras_file.FUNCTION)
        elif not _is_object_based(request.path):
            model, kept = open_graph(request, wide)
            return Opened(model, kept, {v.key: v.key for v in model.variables})
        kept = []
        if wide:
            path, kept = saved_model.widen(request.path)
            request = replace(request, path=path)
        loaded = LoadedModel(request)
        return Opened(loaded, kept, keys or {v.key: v.key for v in loaded.variables})

    def _export(self) -> str:
        if self._exported is None:
            request = self._request
            self._exported = keras_file.as_saved_model(request.path, request.inputs)
        return self._exported


def _is_object_based(path: str) -> bool:
    """Whether ``path`` is a SavedModel of TF2, which holds an object graph."""
    if not os.path.isdir(path):
        return False
    meta, _, _ = read_meta(path)
    return len(meta.object_graph_def.nodes) > 0


def _weight_keys(path: str) -> dict[str, str]:
    """Index in ``model.weights`` → checkpoint key of the exported model."""
    import tensorflow as tf

    prefix = os.path.join(path, "variables", "variables")
    stored = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
    keys = (keras_file.KEY.format(index=index) for index in range(len(stored)))
    return {str(index): key for index, key in enumerate(keys) if key in stored}
