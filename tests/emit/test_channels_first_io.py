"""Images that enter and leave with their channels first, proven against TensorFlow."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
import torch

import tf2torch
from tf2torch.diagnostics import SourceError


class Denoiser(tf.Module):
    """[N, H, W, 3] and a level per sample → an image and a score."""

    def __init__(self) -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(1)
        self.inward = tf.Variable(draw.normal([3, 3, 3, 8]) / 5.0, name="inward")
        self.outward = tf.Variable(draw.normal([3, 3, 8, 3]) / 8.0, name="outward")
        self.level = tf.Variable(draw.normal([1, 8]), name="level")
        self.head = tf.Variable(draw.normal([8, 2]), name="head")

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 12, 10, 3], name="image"),
            tf.TensorSpec([None, 1], name="noise"),
        ]
    )
    def __call__(self, image: tf.Tensor, noise: tf.Tensor) -> dict[str, tf.Tensor]:
        x = tf.nn.conv2d(image / 127.5 - 1.0, self.inward, 1, "SAME")
        x = tf.nn.relu(x + (noise @ self.level)[:, None, None])
        clean = image + tf.nn.conv2d(x, self.outward, 1, "SAME")
        return {"clean": clean, "score": tf.reduce_mean(x, [1, 2]) @ self.head}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("denoiser") / "model"
    module = Denoiser()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)
    return folder


@pytest.fixture(scope="module")
def port(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> tf2torch.Port:
    folder = tmp_path_factory.mktemp("port") / "port"
    return tf2torch.convert(saved, output=folder, channels_first_io=True, seed=3)


def test_parity_holds_through_it(port: tf2torch.Port) -> None:
    assert port.report is not None and port.report.passed, port.hints
    names = {f.name for gate in port.report.gates for f in gate.figures}
    assert {"output error", "gradient error"} <= names


def test_nothing_is_permuted(port: tf2torch.Port) -> None:
    assert not re.search(r"\.(permute|movedim|mT)\b", port.source)
    found = port.module(torch.zeros(2, 3, 12, 10), torch.zeros(2, 1))
    assert found["clean"].shape == (2, 3, 12, 10)
    assert found["score"].shape == (2, 2)


def test_it_is_recorded(port: tf2torch.Port) -> None:
    record = json.loads((port.folder / "provenance.json").read_text())
    image, noise = record["inputs"]
    assert image["axes"] == [0, 3, 1, 2] and image["shape"][1:] == [12, 10, 3]
    assert "axes" not in noise
    report = json.loads((port.folder / "report.json").read_text())
    assert report["channels first"] == ["image", "clean"]
    assert "channels first: image, clean" in (port.folder / "report.html").read_text()
    assert "image: float32 [N, 3, 12, 10]" in port.source


def test_the_shipped_test_passes(port: tf2torch.Port) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=port.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_wrong_order_is_found(port: tf2torch.Port, tmp_path: Path) -> None:
    """A port that takes width for height is refused."""
    folder = tmp_path / "port"
    folder.mkdir()
    for file in port.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    record = json.loads((folder / "provenance.json").read_text())
    record["inputs"][0]["axes"] = [0, 3, 2, 1]
    (folder / "provenance.json").write_text(json.dumps(record))
    assert not tf2torch.verify(folder).passed


def test_the_signatures_layout_is_kept_by_default(saved: Path, tmp_path: Path) -> None:
    port = tf2torch.convert(saved, output=tmp_path / "port", verify=False)
    found = port.module(torch.zeros(2, 12, 10, 3), torch.zeros(2, 1))
    assert found["clean"].shape == (2, 12, 10, 3)


def test_without_images_it_is_refused(tmp_path: Path) -> None:
    function = tf.function(lambda x: tf.nn.relu(x)).get_concrete_function(
        tf.TensorSpec([None, 4])
    )
    with pytest.raises(SourceError, match="leave out --channels-first-io"):
        tf2torch.convert(function, verify=False, channels_first_io=True)
