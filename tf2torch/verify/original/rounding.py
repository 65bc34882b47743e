"""A model off by roundings: how firm its gradients are is seen from how they move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tf2torch.verify.original.model import Original
from tf2torch.verify.wire import Arrays


@contextmanager
def rounded(
    model: Original, inputs: Arrays, size: float, draw: int
) -> Iterator[Arrays]:
    """The inputs to run ``model`` with, while each float number in its variables and
    in ``inputs`` is off by normal noise of relative ``size``; 0 leaves all exact."""
    if not size:
        yield inputs
        return
    generator = np.random.default_rng(draw)

    def off(value: np.ndarray) -> np.ndarray:
        noise = size * generator.standard_normal(value.shape)
        return np.asarray(value * (1.0 + noise), value.dtype)

    stored = {v.key: model.value(v.key) for v in model.variables}
    floats = {key: value for key, value in stored.items() if value.dtype.kind == "f"}
    try:
        for key, value in floats.items():
            model.assign(key, off(value))
        yield {
            name: off(value.astype(np.float64)) if value.dtype.kind == "f" else value
            for name, value in inputs.items()
        }
    finally:
        for key, value in floats.items():
            model.assign(key, value)
