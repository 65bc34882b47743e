"""A chain of blocks as its stages; sizes that follow from others are not told."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import tf2torch

# out_channels, stride, depth
STAGES = ((16, 1, 2), (32, 2, 3), (64, 2, 2))


def bottleneck(x: Any, name: str, width: int, stride: int) -> Any:
    import keras

    conv, norm = keras.layers.Conv2D, keras.layers.BatchNormalization
    shortcut = x
    if x.shape[-1] != width:
        shortcut = conv(width, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = norm(name=f"{name}_0_bn")(shortcut)
    sizes = ((width // 4, 1, stride), (width // 4, 3, 1), (width, 1, 1))
    for number, (channels, size, step) in enumerate(sizes, 1):
        own = f"{name}_{number}"
        x = conv(channels, size, step, padding="same", name=f"{own}_conv")(x)
        x = norm(name=f"{own}_bn")(x)
        if number < len(sizes):
            x = keras.layers.ReLU(name=f"{own}_relu")(x)
    x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return keras.layers.ReLU(name=f"{name}_out")(x)


def residual_net() -> Any:
    import keras

    image = keras.Input((16, 16, 8), name="image")
    x = image
    for stage, (width, stride, depth) in enumerate(STAGES, 1):
        for block in range(1, depth + 1):
            step = stride if block == 1 else 1
            x = bottleneck(x, f"conv{stage}_block{block}", width, step)
    return keras.Model(image, x, name="residual")


def test_stages_are_a_table() -> None:
    model = residual_net()
    port = tf2torch.convert(model, verify=False)
    for width, stride, depth in STAGES:
        assert f"({width}, {stride}, {depth})," in port.source, port.source
    assert "for out_channels, stride, depth in stages:" in port.source
    assert "hidden_channels = out_channels // 4" in port.source
    image = np.random.default_rng(0).random((2, 16, 16, 8)).astype("float32")
    with torch.no_grad():
        made = port.module(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(made, model(image).numpy(), rtol=1e-4, atol=1e-5)


def test_widths_are_run_over() -> None:
    import keras

    x = image = keras.Input((32, 32, 3), name="image")
    for place, width in enumerate((8, 16, 24), 1):
        name = f"block{place}"
        x = keras.layers.Conv2D(width, 3, strides=2, name=f"{name}_conv")(x)
        x = keras.layers.BatchNormalization(name=f"{name}_bn")(x)
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
    model = keras.Model(image, x, name="plain")
    port = tf2torch.convert(model, verify=False)
    assert "channels = (3, 8, 16, 24)" in port.source, port.source
    assert "channels, channels[1:]))" in port.source
    picture = np.random.default_rng(0).random((2, 32, 32, 3)).astype("float32")
    with torch.no_grad():
        made = port.module(torch.from_numpy(picture)).numpy()
    np.testing.assert_allclose(made, model(picture).numpy(), rtol=1e-4, atol=1e-5)


def test_one_padding_is_a_layer() -> None:
    import keras

    image = keras.Input((9, 9, 3), name="image")
    x = keras.layers.ZeroPadding2D(((0, 1), (2, 1)), name="around")(image)
    x = keras.layers.Conv2D(4, 3, name="stem")(x)
    port = tf2torch.convert(keras.Model(image, x, name="padded"), verify=False)
    assert "self.pad = nn.ZeroPad2d((2, 1, 0, 1))" in port.source, port.source
    assert "F.pad" not in port.source
