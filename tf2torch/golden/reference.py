"""Reference inputs and outputs, kept small, and what a port makes of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

INPUT_BYTES = 64 << 10  # above it inputs are drawn anew and held to their digest
OUTPUT_ELEMENTS = 4096  # of an output, evenly spread over its elements
RELATIVE_TO_SCALE = 1e-4  # as in the test that a port ships with

Arrays = dict[str, np.ndarray]


def parts(port: Path) -> tuple[Arrays, Arrays]:
    """Inputs by parameter and TensorFlow's outputs by name, as the verifier left them;
    empty where nothing was verified."""
    path = port / "reference.npz"
    return read(path) if path.is_file() else ({}, {})


def read(path: Path) -> tuple[Arrays, Arrays]:
    inputs: Arrays = {}
    outputs: Arrays = {}
    with np.load(path, allow_pickle=False) as file:
        for key in file.files:
            kind, _, name = key.partition(":")
            (inputs if kind == "input" else outputs)[name] = file[key]
    return inputs, outputs


def write(path: Path, inputs: Arrays, outputs: Arrays) -> None:
    """Inputs where they are small; of each output at most OUTPUT_ELEMENTS."""
    kept = inputs if sum(a.nbytes for a in inputs.values()) <= INPUT_BYTES else {}
    arrays = {f"input:{name}": value for name, value in kept.items()}
    arrays |= {f"output:{name}": spread(value) for name, value in outputs.items()}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type] # a stub that takes no mapping


def spread(array: np.ndarray) -> np.ndarray:
    """The array, or OUTPUT_ELEMENTS of it at even distances, flat."""
    if array.size <= OUTPUT_ELEMENTS:
        return array
    places = np.linspace(0, array.size - 1, OUTPUT_ELEMENTS).astype(np.int64)
    return array.reshape(-1)[places]


def digest(arrays: Arrays) -> str:
    """sha256 over names, dtypes, shapes and bytes."""
    found = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        found.update(f"{name} {value.dtype} {value.shape}".encode())
        found.update(np.ascontiguousarray(value).tobytes())
    return found.hexdigest()


def kinds(arrays: Arrays) -> dict[str, str]:
    """Name → dtype and shape."""
    return {name: f"{a.dtype} {list(a.shape)}" for name, a in sorted(arrays.items())}


def arguments(inputs: Arrays) -> dict[str, Any]:
    """Keyword arguments of a port's ``forward``."""
    import torch

    return {
        name: value.astype(object)
        if value.dtype.kind in "SU"
        else torch.from_numpy(value)
        for name, value in inputs.items()
    }


def run(module: Any, inputs: Arrays, names: list[str]) -> Arrays:
    """Outputs by name of one call in eval mode, without gradients."""
    import torch

    with torch.no_grad():
        result = module(**arguments(inputs))
    values = result if isinstance(result, dict) else dict.fromkeys(names, result)
    return {name: _plain(values[name]) for name in names if name in values}


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance, as a part of the largest expected value; infinite where
    one is finite or equal and the other is not."""
    if expected.dtype.kind not in "fc":
        return 0.0 if np.array_equal(found, expected) else float("inf")
    finite = np.isfinite(expected)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    gap = np.abs(found[finite].astype(np.float64) - expected[finite])
    scale = float(np.abs(expected[finite]).max()) or 1.0
    return float(gap.max()) / scale if np.isfinite(gap).all() else float("inf")


def _plain(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        array: np.ndarray = value.detach().cpu().numpy()
        return array
    array = np.asarray(value)
    return array.astype(bytes) if array.dtype == object else array
