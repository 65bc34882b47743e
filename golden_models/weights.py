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
    """All of this module, for a classifier of pictures that is deep in ReLUs."""
    randomise(model, seed)
    decide(model, seed)
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


def decide(model: Any, seed: int = 0) -> None:
    """BatchNorms that leave three channels in four above zero, the others below.

    A random network of many ReLUs is chaotic: rounding flips so many of those near
    zero that TensorFlow's own float32 gradient is off by 1 % of its norm. Trained ones
    are not, nor are these.
    """
    rng = np.random.default_rng(seed)
    for layer in norms(model):
        size = tuple(layer.moving_variance.shape)
        side = np.where(rng.uniform(0, 1, size) < 0.75, 1.0, -1.0)
        layer.beta.assign((side * rng.uniform(2, 3, size)).astype("float32"))
        if layer.scale:
            layer.gamma.assign(rng.uniform(0.2, 0.6, size).astype("float32"))


def calibrate(model: Any, batch: Any) -> None:
    """Set BatchNorm's statistics to those of ``batch``, by one step of momentum 0."""
    found = norms(model)
    momenta = [layer.momentum for layer in found]
    for layer in found:
        layer.momentum = 0.0
    model(batch, training=True)
    for layer, momentum in zip(found, momenta, strict=True):
        layer.momentum = momentum


def settle(model: Any, batch: Any) -> None:
    """Make the last layer tell inputs apart, with logits of a standard deviation of 1.

    Untrained features are mostly a constant, of which the bias takes four fifths away.
    """
    head = model.layers[-1]
    activation, head.activation = head.activation, lambda logits: logits
    logits = np.asarray(model(batch))
    head.activation = activation
    bias = np.asarray(head.bias) - 0.8 * logits.mean(0)
    scale = (logits - 0.8 * logits.mean(0)).std()
    head.kernel.assign(np.asarray(head.kernel) / scale)
    head.bias.assign(bias / scale)


def norms(model: Any) -> list[Any]:
    return [layer for layer in layers(model) if hasattr(layer, "moving_variance")]


def layers(model: Any) -> Iterator[Any]:
    """Every layer of a Keras model, nested models opened."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from layers(layer)


def pictures(
    count: int, size: int, channels: int = 3, low: float = -1.0, high: float = 1.0
) -> Any:
    """Random pictures, each of a colour of its own, with detail at several scales.

    float32 [count, size, size, channels].
    """
    rng = np.random.default_rng(size)
    total = rng.uniform(0, 1, (count, size, size, channels))
    for cells, weight in ((1, 4), (2, 1), (4, 1), (8, 1)):
        index = np.arange(size) * cells // size
        coarse = rng.uniform(0, weight, (count, cells, cells, channels))
        total += coarse[:, index][:, :, index]
    return (low + (high - low) * total / 8).astype("float32")
