"""Blocks of several classes in a row: a table of settings for each long stretch."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import torch
from keras import layers

import tf2torch


def plain(x: Any, width: int, name: str) -> Any:
    for part in ("first_convolution", "second_convolution"):
        x = layers.Conv2D(width, 3, padding="same", name=f"{name}_{part}")(x)
        x = layers.ReLU(name=f"{name}_{part}_relu")(x)
    return x


def squeezed(x: Any, inner: int, kernel: int, width: int, name: str) -> Any:
    for part, size, window in (
        ("reduce", inner, 1), ("middle", inner + 1, kernel), ("expand", width, 1),
    ):  # fmt: skip
        x = layers.Conv2D(size, window, padding="same", name=f"{name}_{part}")(x)
        x = layers.BatchNormalization(name=f"{name}_{part}_bn")(x)
        x = layers.Activation("gelu", name=f"{name}_{part}_gelu")(x)
    return x


def test_each_long_stretch_has_a_table() -> None:
    keras.utils.set_random_seed(6)
    x = image = keras.Input((8, 8, 3), name="image")
    for i in range(2):
        x = plain(x, 4, f"stage{i}")
    for i, sizes in enumerate([(5, 3, 6), (7, 5, 8), (5, 3, 10), (9, 5, 12)]):
        x = squeezed(x, *sizes, f"squeezed{i}")
    model = keras.Model(image, layers.Conv2D(1, 1, name="scores")(x))
    port = tf2torch.convert(model, verify=False)
    found = re.search(r"\*\((\w+)\(\*config\) for config in (\w+)\)", port.source)
    assert found is not None, port.source
    assert f"{found[2]} = (" in port.source
    assert "*(ConvRelu(4) for _ in range(3))," in port.source
    value = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    got = port.module(torch.from_numpy(value)).detach()
    np.testing.assert_allclose(got, model(value), rtol=1e-3, atol=1e-5)
