"""Weights that make every part of an untrained model matter.

Freshly initialised Keras models hide errors: biases are zero, BatchNorm is the
identity, LayerScale is 1e-6, embeddings are tiny. Here nothing is neutral, BatchNorm's
statistics are those of real activations, and a classifier's softmax is not saturated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

OFFSETS = ("bias", "beta", "offset")
SCALES = ("gamma", "scale")


def enliven(model: Any, batch: Any, seed: int = 0) -> None:
    """All of this module, for a classifier of pictures."""
    randomise(model, seed)
    calibrate(model, batch)
    settle(model, batch)


def randomise(model: Any, seed: int = 0) -> None:
    """Offsets around 0, scales in [0.5, 1.5], wide embeddings, kernels as they are."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        name = weight.name.split("/")[-1].split(":")[0]
        shape = tuple(weight.shape)
        if name.endswith(OFFSETS):
            weight.assign(rng.normal(0, 0.1, shape).astype("float32"))
        elif name.endswith(SCALES):
            weight.assign(rng.uniform(0.5, 1.5, shape).astype("float32"))
        elif name.endswith("embeddings"):
            weight.assign(rng.normal(0, 0.3, shape).astype("float32"))


def calibrate(model: Any, batch: Any) -> None:
    """Set BatchNorm's statistics to those of ``batch``, by one step of momentum 0."""
    norms = [layer for layer in layers(model) if hasattr(layer, "moving_variance")]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(batch, training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum


def settle(model: Any, batch: Any) -> None:
    """Scale the last layer, so that its logits have a standard deviation of 1."""
    head = model.layers[-1]
    activation, head.activation = head.activation, lambda logits: logits
    logits = np.asarray(model(batch))
    head.activation = activation
    head.kernel.assign(np.asarray(head.kernel) / logits.std())


def layers(model: Any) -> Iterator[Any]:
    """Every layer of a Keras model, nested models opened."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from layers(layer)


def pictures(
    count: int, size: int, channels: int = 3, low: float = -1.0, high: float = 1.0
) -> Any:
    """Random pictures with detail at several scales: float32 [count, size, size, c]."""
    rng = np.random.default_rng(size)
    total = rng.uniform(0, 1, (count, size, size, channels))
    for cells in (1, 2, 4, 8):
        index = np.arange(size) * cells // size
        coarse = rng.uniform(0, 1, (count, cells, cells, channels))
        total += coarse[:, index][:, :, index]
    return (low + (high - low) * total / 5).astype("float32")
