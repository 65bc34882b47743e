"""Load a port as its owner would, and feed it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

SYMBOLIC = {"batch": 3}
LENGTH = 12  # of every axis without a size that is not the batch


def load(folder: Path, provenance: dict[str, Any]) -> Any:
    """An instance of the port's class, weights in, eval mode."""
    from safetensors.torch import load_file

    spec = importlib.util.spec_from_file_location("port_model", folder / "model.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = getattr(module, provenance["class"])()
    state: dict[str, Any] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        state |= load_file(shard)
    model.load_state_dict(state, strict=True)
    return model.eval()


def inputs(
    provenance: dict[str, Any], sample: Path | None, rows: int
) -> dict[str, np.ndarray]:
    """``rows`` rows of the sample, or of noise where zeros and ones mean something."""
    if sample is not None:
        return {k: cycle(v, rows) for k, v in np.load(sample).items()}
    rng = np.random.default_rng(rows)
    made = {}
    for item in provenance["inputs"]:
        sizes = [n if isinstance(n, int) else LENGTH for n in item["shape"]]
        if item["shape"] and not isinstance(item["shape"][0], int):
            sizes[0] = rows
        values = rng.normal(0, 1, sizes) if "f" in item["dtype"] else 0
        made[item["name"]] = np.full(sizes, values, item["dtype"])
    return made


def cycle(array: np.ndarray, rows: int) -> np.ndarray:
    return array[np.arange(rows) % len(array)]


def as_arguments(values: dict[str, np.ndarray], provenance: dict[str, Any]) -> Any:
    """Keyword arguments of ``forward``: tensors, or lists of bytes for strings."""
    import torch

    made: dict[str, Any] = {}
    for item in provenance["inputs"]:
        value = values[item["name"]]
        text = value.dtype.kind in "SOU"
        made[item["parameter"]] = (
            value.astype(object) if text else torch.from_numpy(value)
        )
    return made


def as_list(outputs: Any, provenance: dict[str, Any]) -> list[np.ndarray]:
    """The outputs in provenance's order."""
    if provenance["single_output"]:
        return [outputs.detach().numpy()]
    return [outputs[item["name"]].detach().numpy() for item in provenance["outputs"]]
