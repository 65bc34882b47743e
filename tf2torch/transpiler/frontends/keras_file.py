"""``.keras`` and ``.h5`` files: loaded in safe mode, then traced like a live model.

Keras 3 reads what it can; files that it refuses (many ``.h5`` of Keras 2 and 1) go
to ``tf_keras``. No code from the file runs: Lambda layers with byte code are refused
before anything is loaded, unless the caller trusts them.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.interface import Identity, file_fingerprint
from tf2torch.transpiler.frontends.keras1 import upgrade
from tf2torch.transpiler.frontends.keras_model import load_keras_model
from tf2torch.transpiler.frontends.source import Source

# A config is text written by Keras; real ones stay below a few megabytes.
MAX_CONFIG = 256 << 20
KERAS_MODULES = frozenset(
    "keras tf_keras keras_core keras_hub keras_nlp keras_cv keras_rs".split()
)


@dataclass(frozen=True)
class KerasFile:
    """A file before it is loaded; ``version`` and ``backend`` wrote it."""

    path: Path
    config: dict[str, Any]
    version: str = "3"
    backend: str = "tensorflow"
    custom_objects: Mapping[str, Any] = field(default_factory=dict)
    trust: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "custom_objects": dict(self.custom_objects),
            "compile": False,
            "safe_mode": not self.trust,
        }

    def reads_differently(self) -> bool:
        """Whether Keras 3 would load the file but compute something else.

        ``hard_sigmoid`` has another slope since Keras 3; kernels that Theano wrote are
        flipped by ``tf_keras`` only; a GRU without ``reset_after`` is of the old form.
        """
        if not self.version.startswith(("0.", "1.", "2.")):
            return False
        if self.version.startswith(("0.", "1.")) or self.backend == "theano":
            return True
        return any(
            "hard_sigmoid" in item.values()
            or (item.get("class_name") == "GRU" and not _says_reset_after(item))
            for item in _dicts(self.config)
        )


def _says_reset_after(layer: dict[str, Any]) -> bool:
    config = layer.get("config")
    return isinstance(config, dict) and "reset_after" in config


def load_keras_file(
    path: Path, custom_objects: Mapping[str, Any] | None, trust_lambda: bool
) -> Source:
    """The model of a ``.keras`` or ``.h5`` file as a Source."""
    file = open_h5(path) if is_h5(path) else KerasFile(path, zip_config(path))
    file = replace(file, custom_objects=custom_objects or {}, trust=trust_lambda)
    if not trust_lambda:
        refuse_code(path, file.config, file.custom_objects)
    model, kind = read_model(file)
    what = Identity(kind, model.name, path, None, file_fingerprint([path]))
    return load_keras_model(model, what)


def is_h5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def zip_config(path: Path) -> dict[str, Any]:
    """``config.json`` of a ``.keras`` archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > MAX_CONFIG:
                raise SourceError(f"{path}: config.json is absurdly large")
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise SourceError(
            f"{path} is not a readable .keras archive ({error}): save the model again"
        ) from None
    if not isinstance(config, dict):
        raise SourceError(f"{path}: config.json describes no model")
    return config


def open_h5(path: Path) -> KerasFile:
    """The ``model_config`` of an ``.h5`` file and who wrote it."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
            if text is None:
                raise SourceError(
                    f"{path} holds weights only: save the whole model "
                    "(model.save), or load them into your model and pass that"
                )
            config = json.loads(text)
            version = _text(file, "keras_version", "2")
            backend = _text(file, "backend", "tensorflow")
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is not a readable HDF5 file: {error}") from None
    if not isinstance(config, dict):
        raise SourceError(f"{path}: model_config describes no model")
    return KerasFile(path, config, version, backend)


def _text(file: Any, name: str, default: str) -> str:
    """An attribute of the file or of its weights, as text."""
    weights = file.get("model_weights")
    value = file.attrs.get(name)
    if value is None and weights is not None:
        value = weights.attrs.get(name)
    if value is None:
        return default
    return value.decode() if isinstance(value, bytes) else str(value)


def refuse_code(
    path: Path, config: dict[str, Any], custom_objects: Mapping[str, Any]
) -> None:
    """Lambda layers whose code lies in the file would run it."""
    for item in _dicts(config):
        if item.get("class_name") in {"Lambda", "TFSMLayer"}:
            inner = item.get("config") or {}
            function = inner.get("function")
            named = function.get("config") if isinstance(function, dict) else function
            if isinstance(named, str) and named in custom_objects:
                continue
            raise SourceError(
                f"{path}: layer '{inner.get('name')}' is a {item['class_name']}, "
                "which runs code from the file: pass --trust-lambda if you trust it"
            )
        _refuse_module(path, item, custom_objects)
        if item.get("class_name") == "__lambda__":
            raise SourceError(
                f"{path} holds a lambda, which is code: pass --trust-lambda if you "
                "trust the file"
            )


def _refuse_module(
    path: Path, item: Mapping[str, Any], custom_objects: Mapping[str, Any]
) -> None:
    """A config may name any module and Keras would import it: only Keras' own may."""
    module, name = item.get("module"), item.get("class_name")
    if not isinstance(module, str) or not isinstance(name, str):
        return
    known = {name, str(item.get("registered_name"))} & set(custom_objects)
    root = module.split(".")[0]
    if known or root in KERAS_MODULES or (root, name) == ("builtins", "function"):
        return
    raise SourceError(
        f"{path} uses {module}.{name}, which is no part of Keras: pass it as "
        f"custom_objects={{'{name}': ...}}"
    )


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            yield current
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)


def read_model(file: KerasFile) -> tuple[Any, str]:
    """The model, by the first Keras that takes the file and means the same by it."""
    readers: list[tuple[str, Callable[[KerasFile], Any]]] = [("tf_keras", _tf_keras)]
    readers.insert(1 if file.reads_differently() else 0, ("keras", _keras3))
    reasons = []
    for kind, read in readers:
        try:
            return read(file), kind
        except ImportError:
            reasons.append(f"{kind} is not installed")
        except SourceError:
            raise
        except Exception as error:  # Keras raises whatever a layer's code raises.
            reasons.append(f"{kind}: {_first_line(error)}")
    raise SourceError(
        f"{file.path} cannot be loaded ({'; '.join(reasons)}): pass custom_objects= "
        "for your own layers, or export the model as a SavedModel"
    )


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _keras3(file: KerasFile) -> Any:
    return import_keras().saving.load_model(str(file.path), **file.arguments)


def _tf_keras(file: KerasFile) -> Any:
    """tf_keras as it is; where it refuses an old config, the config brought up."""
    import tf_keras

    if is_h5(file.path) and file.reads_differently():
        config = upgrade(file.config, file.version)
        with tf_keras.utils.custom_object_scope(dict(file.custom_objects)):
            model = tf_keras.models.model_from_json(json.dumps(config))
        model.load_weights(str(file.path))
        return model
    return tf_keras.models.load_model(str(file.path), **file.arguments)


def import_keras() -> Any:
    """Keras 3 on TensorFlow; another backend cannot be traced."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras

    if hasattr(keras, "config") and keras.config.backend() != "tensorflow":
        raise SourceError(
            f"Keras runs on {keras.config.backend()} here: set "
            "KERAS_BACKEND=tensorflow before anything imports Keras"
        )
    return keras
