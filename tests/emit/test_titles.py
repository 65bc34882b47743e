"""Names of models, letters for open sizes, and what blocks are for."""

from __future__ import annotations

from typing import Any

import pytest

import tf2torch
from tf2torch.transpiler.emit.titles import spelled, title_of

SPELLED = [
    ("mobilenetv2_1.00_96", "MobileNetV2"),
    ("efficientnetb0", "EfficientNetB0"),
    ("resnet50", "ResNet50"),
    ("deepfm", "DeepFM"),
    ("gpt2", "GPT2"),
    ("small_cnn", "SmallCnn"),
    ("planet", "Planet"),
    ("MyModel", "MyModel"),
    ("2d_thing", "Model2dThing"),
]


@pytest.mark.parametrize(("name", "wanted"), SPELLED)
def test_models_are_spelled_as_by_hand(name: str, wanted: str) -> None:
    assert spelled(name) == wanted


TITLES = [
    ("functional_3", "/models/forecast.keras", "forecast"),
    ("sequential", "/models/ranker/saved_model.pb", "ranker"),
    ("saved_model", "/models/ranker/1", "ranker"),
    ("model_1", None, "model"),
    ("my_model", "/models/forecast.keras", "my_model"),
    ("__call__", None, "model"),
    ("saved_model", "/models/tf1_lstm", "tf1_lstm"),
]


@pytest.mark.parametrize(("name", "path", "wanted"), TITLES)
def test_names_that_keras_made_up_give_way(
    name: str, path: str | None, wanted: str
) -> None:
    assert title_of(name, path) == wanted


def doc(model: Any) -> str:
    return tf2torch.convert(model, verify=False).source.split('"""')[1]


def test_equal_open_sizes_have_one_letter() -> None:
    import keras

    ids = [keras.Input((None,), dtype="int32", name=n) for n in ("tokens", "kinds")]
    tables = [keras.layers.Embedding(9, 8, name=f"{i.name}_table") for i in ids]
    total = tables[0](ids[0]) + tables[1](ids[1])
    text = doc(keras.Model(ids, total, name="sum"))
    assert "tokens: int32 [N, L]" in text
    assert "kinds: int32 [N, L]" in text
    assert "float32 [N, L, 8]" in text


def test_images_have_a_height_and_a_width() -> None:
    import keras

    image = keras.Input((None, None, 3), name="image")
    x = keras.layers.Conv2D(4, 3, padding="same", name="stem")(image)
    text = doc(keras.Model(image, keras.layers.GlobalAveragePooling2D()(x), name="n"))
    assert "image: float32 [N, H, W, 3]" in text


def test_bottlenecks_are_called_so() -> None:
    import keras

    x = image = keras.Input((8, 8, 8), name="image")
    for place in range(3):
        y = x
        for number, (width, size) in enumerate(((4, 1), (4, 3), (8, 1))):
            name = f"stage_block{place}_{number}_conv"
            y = keras.layers.Conv2D(width, size, padding="same", name=name)(y)
            y = keras.layers.ReLU(name=f"stage_block{place}_{number}_relu")(y)
        x = keras.layers.Add(name=f"stage_block{place}_add")([x, y])
    source = tf2torch.convert(keras.Model(image, x, name="net"), verify=False).source
    assert "Residual bottleneck: 1x1, 3x3 and 1x1 convolutions" in source, source
