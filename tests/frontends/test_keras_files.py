"""``.keras`` and ``.h5`` files of Keras 3, 2 and 1."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.frontends.compare import agrees, normal
from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends import load


def small(keras: Any, activation: str = "sigmoid") -> Any:
    inputs = keras.Input((6, 4), name="sequence")
    x = keras.layers.GRU(3, recurrent_activation=activation, name="gru")(inputs)
    x = keras.layers.Dropout(0.25, name="drop")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(x), name="net")


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_keras_3_files(tmp_path: Path, suffix: str) -> None:
    import keras

    model, path = small(keras), tmp_path / f"model.{suffix}"
    model.save(path)
    source = load(path)
    x = normal(2, 6, 4)
    agrees(source, {"sequence": x}, {"head": model(x)})
    assert (source.kind, source.path) == ("keras", str(path))
    assert list(source.training.dropout.values()) == [0.25]
    assert len(source.fingerprint) == 64


@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid"])
def test_keras_2_files_mean_what_they_meant(tmp_path: Path, activation: str) -> None:
    """hard_sigmoid has another slope in Keras 3: such a file is for tf_keras."""
    import tf_keras

    model, path = small(tf_keras, activation), tmp_path / "model.h5"
    model.save(path)
    source = load(path)
    x = normal(2, 6, 4)
    agrees(source, {"sequence": x}, {"head": model(x)})
    if activation == "hard_sigmoid":
        assert source.kind == "tf_keras"


def test_keras_1_files(tmp_path: Path) -> None:
    """A config in Keras 1's words around weights in its order."""
    import h5py
    import tf_keras

    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Conv2D(4, (3, 2), strides=2, activation="relu", name="conv"),
            layers.MaxPooling2D((2, 2), name="pool"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.3, name="drop"),
            layers.Dense(3, activation="softmax", name="dense"),
        ]
    )
    x = normal(2, 12, 12, 3)
    expected = model(x)
    path = tmp_path / "old.h5"
    model.save(path)
    shape = [None, 12, 12, 3]
    conv = {"name": "conv", "batch_input_shape": shape, "nb_filter": 4, "nb_row": 3}
    conv |= {
        "nb_col": 2,
        "subsample": [2, 2],
        "border_mode": "valid",
        "init": "uniform",
    }
    conv |= {"activation": "relu", "dim_ordering": "tf", "bias": True}
    conv |= {"W_regularizer": None, "input_dtype": "float32", "trainable": True}
    pool = {"name": "pool", "pool_size": [2, 2], "strides": [2, 2]}
    pool |= {"border_mode": "valid", "dim_ordering": "tf"}
    config = [
        {"class_name": "Convolution2D", "config": conv},
        {"class_name": "MaxPooling2D", "config": pool},
        {"class_name": "Flatten", "config": {"name": "flat"}},
        {"class_name": "Dropout", "config": {"name": "drop", "p": 0.3}},
        {
            "class_name": "Dense",
            "config": {
                "name": "dense",
                "output_dim": 3,
                "activation": "softmax",
                "init": "glorot_uniform",
                "input_dim": None,
            },
        },
    ]
    with h5py.File(path, "r+") as file:
        text = json.dumps({"class_name": "Sequential", "config": config})
        file.attrs["model_config"] = text
        file.attrs["keras_version"] = "1.2.2"
        file["model_weights"].attrs["keras_version"] = "1.2.2"
        # Keras 1 kept the weights of TensorFlow models as they are today.
        file["model_weights"].attrs["backend"] = "tensorflow"
    source = load(path)
    (spec,), (output,) = source.inputs, source.outputs
    agrees(source, {spec.name: x}, {output.name: expected})
    assert list(source.training.dropout.values()) == [0.3]


def test_code_in_a_file_is_refused(tmp_path: Path) -> None:
    import keras
    import tf_keras

    for library, suffix in ((keras, "keras"), (keras, "h5"), (tf_keras, "h5")):
        inputs = library.Input((3,), name="x")
        doubled = library.layers.Lambda(lambda x: x * 2, name="twice")(inputs)
        path = tmp_path / f"{library.__name__}.{suffix}"
        library.Model(inputs, doubled).save(path)
        with pytest.raises(SourceError, match="'twice'.*--trust-lambda"):
            load(path)
        source = load(path, trust_lambda=True)
        x = normal(2, 3)
        (output,) = source.outputs
        agrees(source, {source.inputs[0].name: x}, {output.name: x * 2})


def test_only_keras_modules_may_be_named(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "model.keras"
    small(keras).save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    config["config"]["layers"][1] |= {"module": "os", "class_name": "system"}
    files["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(SourceError, match="uses os.system, which is no part of Keras"):
        load(path)


def test_custom_layers_need_their_class(tmp_path: Path) -> None:
    import keras

    class Shift(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x + 1.0

    inputs = keras.Input((3,), name="x")
    path = tmp_path / "model.keras"
    keras.Model(inputs, Shift(name="shift")(inputs)).save(path)
    with pytest.raises(SourceError, match="custom_objects"):
        load(path)
    source = load(path, custom_objects={"Shift": Shift})
    x = normal(2, 3)
    agrees(source, {"x": x}, {"shift": x + 1})


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "model.weights.h5"
    small(keras).save_weights(path)
    with pytest.raises(SourceError, match="holds weights only"):
        load(path)


def test_a_damaged_archive(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "model.keras"
    small(keras).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match="damaged"):
        load(path)
