"""Cells that read the results of the two before them are classes of their own."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import torch
from keras import layers

import tf2torch


def branch(x: Any, name: str, strides: int = 1) -> Any:
    """Two separable convolutions with norms, named as in keras.applications."""
    for i, step in enumerate((strides, 1)):
        x = layers.SeparableConv2D(
            4, 3, strides=step, padding="same", use_bias=False, name=f"sep_{i}_{name}"
        )(x)
        x = layers.BatchNormalization(name=f"sep_{i}_bn_{name}")(x)
        x = layers.ReLU()(x) if i == 0 else x
    return x


def entry(x: Any, name: str) -> Any:
    x = layers.Conv2D(4, 1, use_bias=False, name=f"conv_{name}")(layers.ReLU()(x))
    return layers.BatchNormalization(name=f"bn_{name}")(x)


def cell(p: Any, x: Any, name: str) -> Any:
    p, x = entry(p, f"adjust_{name}"), entry(x, f"normal_{name}")
    left = layers.Add()([branch(x, f"left_{name}"), branch(p, f"right_{name}")])
    pooled = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    right = layers.Add()([pooled, branch(x, f"far_{name}")])
    return layers.Concatenate()([p, left, right])


def model(count: int) -> keras.Model:
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(image)
    p = x
    for i in range(count):
        p, x = x, cell(p, x, str(i))
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    return keras.Model(image, layers.Dense(3, name="scores")(x))


def test_cells_with_two_inputs_are_one_class() -> None:
    source = model(5)
    port = tf2torch.convert(source, verify=False)
    assert len(re.findall("^class ", port.source, re.MULTILINE)) <= 5
    assert max(map(len, port.source.splitlines())) <= 88
    assert len(port.source.splitlines()) < 150
    image = np.random.default_rng(0).normal(size=(2, 12, 12, 3)).astype("float32")
    found = port.module(torch.from_numpy(image)).detach()
    np.testing.assert_allclose(found, source(image), rtol=1e-4, atol=1e-5)
