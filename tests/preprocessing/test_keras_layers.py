"""Every preprocessing layer of Keras, from a SavedModel to the port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tf2torch

CITIES = ["paris", "rome", "berlin"]
DATA = {
    "city": np.array([["paris"], ["x"], ["berlin"], [""]], object),
    "user": np.array([["u1"], ["ü2"], [""], ["long " * 40]], object),
    "age": np.array([[0.0], [1.0], [7.5], [9.0]], np.float32),
    "text": np.array([["The CAT, sat!"], ["a dog on the mat"], [""], ["é"]], object),
    "code": np.array([[10], [30], [-7], [99]], np.int64),
}
DTYPES = {"city": "string", "user": "string", "text": "string", "code": "int64"}
SENTENCES = ["the cat sat on the mat", "a dog!"]


def adapted(layer: Any, data: Any) -> Any:
    layer.adapt(data)
    return layer


def text_layers(layers: Any, x: Any) -> dict[str, Any]:
    vectors, grams = layers.TextVectorization, {"output_mode": "multi_hot", "ngrams": 2}
    padded = vectors(max_tokens=20, output_sequence_length=6)
    return {
        "text_ids": adapted(padded, SENTENCES)(x),
        "text_grams": adapted(vectors(max_tokens=10, **grams), SENTENCES)(x),
    }


def id_layers(layers: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    lookup, numbers, hashed = (
        layers.StringLookup,
        layers.IntegerLookup,
        layers.Hashing,
    )
    ids = lookup(vocabulary=CITIES)(inputs["city"])
    hot = {"num_oov_indices": 3, "output_mode": "one_hot"}
    counted = {"num_oov_indices": 2, "output_mode": "count"}
    pair = (inputs["city"], inputs["code"])
    return {
        "city": ids,
        "city_hot": lookup(vocabulary=["x", "y"], **hot)(inputs["city"]),
        "city_back": lookup(vocabulary=CITIES, invert=True)(ids),
        "code": numbers(vocabulary=[10, 20, 30])(inputs["code"]),
        "code_counts": numbers(vocabulary=[10, 20, 30], **counted)(inputs["code"]),
        "user": hashed(50)(inputs["user"]),
        "user_salted": hashed(50, salt=[1, 2])(inputs["user"]),
        "code_hash": hashed(9)(inputs["code"]),
        "cross": layers.HashedCrossing(64)(pair),
    }


def model(library: Any) -> Any:
    layers = library.layers
    inputs = {
        name: library.Input((1,), dtype=DTYPES.get(name, "float32"), name=name)
        for name in DATA
    }
    age = inputs["age"]
    bucket = layers.Discretization([1.0, 5.0, 9.0])(age)
    normal = adapted(layers.Normalization(), np.array([[1.0], [2.0], [5.0]]))(age)
    outputs = id_layers(layers, inputs) | text_layers(layers, inputs["text"])
    outputs["bucket"] = bucket
    outputs["bucket_hot"] = layers.CategoryEncoding(5, output_mode="one_hot")(bucket)
    outputs["normal"] = normal
    embedded = layers.Flatten()(layers.Embedding(5, 3)(outputs["city"]))
    outputs["score"] = layers.Dense(2)(layers.Concatenate()([embedded, normal]))
    return library.Model(inputs, outputs)


def save(library: Any, path: Path) -> None:
    made = model(library)
    if library is keras:
        made.export(path, verbose=False)
    else:
        made.save(path)


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "tf_keras"])
def test_preprocessing_layers(library: Any, tmp_path: Path) -> None:
    import torch

    save(library, tmp_path / "saved")
    port = tf2torch.convert(tmp_path / "saved", output=tmp_path / "port", verify=False)
    assert not port.hints
    signature = tf.saved_model.load(str(tmp_path / "saved")).signatures
    expected = signature["serving_default"](
        **{name: tf.constant(value) for name, value in DATA.items()}
    )
    plain = {
        name: value.tolist() if value.dtype == object else torch.from_numpy(value)
        for name, value in DATA.items()
    }
    found = port.module(**plain)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if value.dtype == tf.string:
            np.testing.assert_array_equal(found[name], value.numpy(), name)
            continue
        ours = found[name].detach().numpy()
        assert ours.dtype == value.numpy().dtype, name
        np.testing.assert_allclose(ours, value.numpy(), 1e-5, 1e-6, err_msg=name)
    assert (tmp_path / "port/vocabularies/city.txt").read_text() == (
        "paris\nrome\nberlin\n"
    )
