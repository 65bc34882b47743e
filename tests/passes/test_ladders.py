"""Blocks between which more goes than one value are loops, too."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers

import tf2torch


def convolved(x: Any, width: int, name: str) -> Any:
    for i in (1, 2):
        x = layers.Conv2D(width, 3, padding="same", name=f"{name}_conv{i}")(x)
        x = layers.BatchNormalization(name=f"{name}_bn{i}")(x)
        x = layers.ReLU(name=f"{name}_relu{i}")(x)
    return x


def unet(depth: int) -> keras.Model:
    keras.utils.set_random_seed(4)
    x = image = keras.Input((16, 16, 3), name="image")
    skips = []
    for i in range(depth):
        skips.append(convolved(x, 4 * 2**i, f"down{i}"))
        x = layers.MaxPooling2D(name=f"down{i}_pool")(skips[-1])
    x = convolved(x, 4 * 2**depth, "middle")
    for i in reversed(range(depth)):
        x = layers.Conv2DTranspose(4 * 2**i, 2, strides=2, name=f"up{i}_up")(x)
        x = layers.Concatenate(name=f"up{i}_cat")([skips[i], x])
        x = convolved(x, 4 * 2**i, f"up{i}")
    return keras.Model(image, layers.Conv2D(1, 1, name="mask")(x))


def check(model: keras.Model, port: tf2torch.Port, shape: tuple[int, ...]) -> None:
    for batch in (1, 3):
        x = np.random.default_rng(batch).normal(size=(batch, *shape)).astype("float32")
        found = port.module(torch.from_numpy(x)).detach()
        np.testing.assert_allclose(found, model(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("depth", [3, 4])
def test_skip_connections_are_a_list(depth: int) -> None:
    model = unet(depth)
    port = tf2torch.convert(model, verify=False)
    assert "self.down = nn.ModuleList(" in port.source
    assert "skip, x = down(x)" in port.source
    assert "for up, skip in zip(self.up, reversed(skips), strict=True):" in port.source
    assert "skips[" not in port.source
    assert f"down.{depth - 1}.conv1.weight" in port.module.state_dict()
    check(model, port, (16, 16, 3))


def test_two_steps_are_written_out() -> None:
    model = unet(2)
    port = tf2torch.convert(model, verify=False)
    assert "skips" not in port.source
    check(model, port, (16, 16, 3))


def residual(x: Any, i: int) -> tuple[Any, Any]:
    """(what goes on, what is added up at the end), as in WaveNet."""
    name = f"block{i}"
    gate = layers.Conv1D(4, 2, padding="causal", activation="sigmoid", name=f"{name}_g")
    filtered = layers.Conv1D(
        4, 2, padding="causal", dilation_rate=2**i, name=f"{name}_f"
    )
    y = layers.Multiply(name=f"{name}_times")([gate(x), filtered(x)])
    skip = layers.Conv1D(4, 1, name=f"{name}_skip")(y)
    return layers.Add(name=f"{name}_sum")(
        [x, layers.Conv1D(4, 1, name=f"{name}_r")(y)]
    ), skip


def test_what_all_blocks_leave_behind_is_summed() -> None:
    keras.utils.set_random_seed(5)
    x = signal = keras.Input((12, 4), name="signal")
    skips = []
    for i in range(1, 7):
        x, skip = residual(x, i)
        skips.append(skip)
    total = layers.Add(name="total")([layers.Add(name="all")(skips), x])
    model = keras.Model(signal, layers.Dense(2, name="scores")(total))
    port = tf2torch.convert(model, verify=False)
    assert "sum(skips)" in port.source
    assert "Block(padding) for padding in (2, 4, 8, 16, 32, 64)" in port.source
    check(model, port, (12, 4))
