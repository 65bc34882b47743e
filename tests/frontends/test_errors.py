"""What cannot be read is said in one line with the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends import detect, load


def refuses(source: Path | str, match: str, **kwargs: Any) -> None:
    with pytest.raises(SourceError, match=match) as caught:
        load(source, **kwargs)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable([1.0], name="w")

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, name="x")])
        def double(self, x: Any) -> Any:
            return x * 2.0 * self.w

    path = tmp_path_factory.mktemp("saved") / "model"
    model = Model()
    signatures = {"one": model.double, "two": model.double}
    tf.saved_model.save(model, path, signatures)
    return path


def copy(saved: Path, folder: Path) -> Path:
    import shutil

    return Path(shutil.copytree(saved, folder / "copy"))


def test_nothing_there(tmp_path: Path) -> None:
    refuses(tmp_path / "none", "does not exist")
    refuses(tmp_path, "is an empty folder")
    (tmp_path / "readme.md").write_text("hello")
    refuses(tmp_path, "holds no model")


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("notes.txt", b"just some notes\nof mine\n", "not a GraphDef in text form"),
        ("model.pb", b"just some notes\nof mine\n", "is a text file, not a model"),
        ("model.pb", b"", "is empty"),
        ("model.pb", bytes(range(256)) * 8, "not a valid GraphDef"),
        ("model.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 64, "is a TFLite model"),
        ("model.h5", b"\0" * 64, "not a Keras file inside"),
        ("model.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "not a readable HDF5 file"),
        ("model.keras", b"PK\x03\x04broken", "not a Keras file inside"),
        ("net.index", b"\0" * 64, "checkpoint without a graph"),
        ("net.meta", b"\xff" * 64, "not a valid MetaGraphDef"),
        ("saved_model.pb", b"\x0a\xff\xff\x7f broken", "not a valid SavedModel"),
    ],
)
def test_files_that_are_no_models(
    tmp_path: Path, name: str, data: bytes, match: str
) -> None:
    (tmp_path / name).write_bytes(data)
    refuses(tmp_path / name, match)


def test_a_truncated_saved_model(saved: Path, tmp_path: Path) -> None:
    path = copy(saved, tmp_path)
    data = (path / "saved_model.pb").read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9, 0.99):
        (path / "saved_model.pb").write_bytes(data[: int(len(data) * share)])
        with pytest.raises(SourceError) as caught:
            load(path, signature="one")
        assert "\n" not in str(caught.value)


def test_a_checkpoint_with_gaps(saved: Path, tmp_path: Path) -> None:
    path = copy(saved, tmp_path)
    shard = path / "variables" / "variables.data-00000-of-00001"
    shard.rename(tmp_path / "shard")
    refuses(path, "data-00000-of-00001 is missing", signature="one")
    shard.with_name("variables.data-00000-of-00002").write_bytes(b"")
    refuses(path, "shard .*00001-of-00002 is missing", signature="one")
    (path / "variables" / "variables.index").write_bytes(b"broken")
    shard.write_bytes(b"")
    shard.with_name("variables.data-00000-of-00002").unlink()
    refuses(path, "cannot read checkpoint", signature="one")


def test_signatures(saved: Path) -> None:
    refuses(saved, "several signatures: choose one with --signature: one, two")
    refuses(saved, "no signature 'tow'; there are: two", signature="tow")
    assert load(saved, signature="double").signature == "double"


def test_inputs_of_a_function_cannot_be_cut(saved: Path) -> None:
    refuses(saved, "leave out --input", signature="double", inputs=["x"])
    refuses(saved, "no tensor 'hidden'", signature="one", inputs=["hidden"])


def test_a_folder_with_one_model_is_that_model(tmp_path: Path) -> None:
    import keras

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.save(tmp_path / "a.keras")
    assert detect(tmp_path).path == tmp_path / "a.keras"
    model.save(tmp_path / "b.keras")
    refuses(tmp_path, "holds several models")
