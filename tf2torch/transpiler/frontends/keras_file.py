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
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.interface import Identity, file_fingerprint
from tf2torch.transpiler.frontends.keras_model import load_keras_model
from tf2torch.transpiler.frontends.source import Source

# A config is text written by Keras; real ones stay below a few megabytes.
MAX_CONFIG = 256 << 20


def load_keras_file(
    path: Path, custom_objects: Mapping[str, Any] | None, trust_lambda: bool
) -> Source:
    """The model of a ``.keras`` or ``.h5`` file as a Source."""
    config = h5_config(path) if is_h5(path) else zip_config(path)
    if not trust_lambda:
        refuse_code(path, config, custom_objects or {})
    model, kind = read_model(path, config, dict(custom_objects or {}), trust_lambda)
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


def h5_config(path: Path) -> dict[str, Any]:
    """The ``model_config`` attribute of an ``.h5`` file."""
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
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is not a readable HDF5 file: {error}") from None
    if not isinstance(config, dict):
        raise SourceError(f"{path}: model_config describes no model")
    return config


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
        if item.get("class_name") == "__lambda__":
            raise SourceError(
                f"{path} holds a lambda, which is code: pass --trust-lambda if you "
                "trust the file"
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


def read_model(
    path: Path, config: dict[str, Any], custom_objects: dict[str, Any], trust: bool
) -> tuple[Any, str]:
    """The model, by the first Keras that takes the file."""
    readers: list[tuple[str, Callable[[], Any]]] = [
        ("keras", lambda: _keras3(path, custom_objects, trust)),
        ("tf_keras", lambda: _tf_keras(path, config, custom_objects, trust)),
    ]
    reasons = []
    for kind, read in readers:
        try:
            return read(), kind
        except ImportError:
            reasons.append(f"{kind} is not installed")
        except SourceError:
            raise
        except Exception as error:  # Keras raises whatever a layer's code raises.
            reasons.append(f"{kind}: {_first_line(error)}")
    raise SourceError(
        f"{path} cannot be loaded ({'; '.join(reasons)}): pass custom_objects= for "
        "your own layers, or export the model as a SavedModel"
    )


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _keras3(path: Path, custom_objects: dict[str, Any], trust: bool) -> Any:
    keras = import_keras()
    return keras.saving.load_model(
        str(path), custom_objects=custom_objects, compile=False, safe_mode=not trust
    )


def _tf_keras(
    path: Path, config: dict[str, Any], custom_objects: dict[str, Any], trust: bool
) -> Any:
    import tf_keras

    return tf_keras.models.load_model(
        str(path), custom_objects=custom_objects, compile=False, safe_mode=not trust
    )


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
