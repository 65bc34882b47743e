"""Ports that were written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from tf2torch.cli import main
from tf2torch.diagnostics import SourceError
from tf2torch.ir.leaves import VariableInfo
from tf2torch.key_map import read_keys, steps_to, write_provenance
from tf2torch.verify import mapping
from tf2torch.verify.provenance import Step

BY_HAND = """
import torch.nn.functional as F
from torch import Tensor, nn


class Stem(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class Classifier(nn.Module):
    def __init__(self, channels: int = 4, classes: int = 5):
        super().__init__()
        self.stem = Stem(channels)
        self.head = nn.Linear(channels, classes)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.stem(picture.permute(0, 3, 1, 2))
        return self.head(x.mean((2, 3)))
"""


@pytest.mark.parametrize(
    "turn",
    [
        lambda v: v,
        lambda v: v.transpose(3, 2, 0, 1),
        lambda v: v.transpose(2, 3, 0, 1).reshape(40, 1, 8, 3),
        lambda v: np.concatenate([v[:2], v[6:], v[4:6], v[2:4]]),
    ],
    ids=["same", "convolution", "depthwise", "gates"],
)
def test_transforms_are_found_by_values(turn: Any) -> None:
    original = np.random.default_rng(0).normal(size=(8, 3, 8, 5)).astype("f")
    value = turn(original)
    steps = steps_to(value, original)
    assert steps is not None
    taken = [Step(kind, tuple(args)) for kind, args in steps]
    np.testing.assert_array_equal(mapping.apply(taken, original), value)
    assert steps_to(value * 2, original) is None


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A SavedModel, and its weights as torch has them."""
    import keras

    folder = tmp_path_factory.mktemp("original")
    picture = keras.Input((8, 8, 3), name="picture")
    x = keras.layers.Conv2D(4, 3, padding="same")(picture)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(picture, keras.layers.Dense(5, name="scores")(x))
    rng = np.random.default_rng(0)
    model.set_weights(
        [rng.uniform(0.2, 1.0, w.shape).astype("f") for w in model.get_weights()]
    )
    model.export(folder / "model", verbose=False)
    kernel, bias, gamma, beta, mean, variance, dense, offset = model.get_weights()
    return folder / "model", {
        "stem.conv.weight": kernel.transpose(3, 2, 0, 1).copy(),
        "stem.conv.bias": bias,
        "stem.norm.weight": gamma,
        "stem.norm.bias": beta,
        "stem.norm.running_mean": mean,
        "stem.norm.running_var": variance,
        "stem.norm.num_batches_tracked": np.array(0),
        "head.weight": dense.T.copy(),
        "head.bias": offset,
    }


def written(folder: Path, state: dict[str, Any], code: str = BY_HAND) -> Path:
    folder.mkdir()
    (folder / "model.py").write_text(code)
    tensors = {name: torch.tensor(value) for name, value in state.items()}
    save_file(tensors, folder / "weights.safetensors")
    return folder


def verify(*words: object) -> Any:
    return CliRunner().invoke(main, ["verify", *map(str, words)])


def test_a_port_written_by_hand_is_proven(
    tmp_path: Path, original: tuple[Path, dict[str, Any]]
) -> None:
    source, state = original
    port = written(tmp_path / "port", state)
    result = verify(port, "--source", source)
    assert result.exit_code == 0, result.output
    entry = json.loads((port / "provenance.json").read_text())["state"]["head.weight"]
    assert entry["variable"] == "scores/kernel" and entry["trainable"]
    wrong = BY_HAND.replace(
        "F.relu(self.norm(self.conv(x)))", "self.norm(self.conv(x))"
    )
    (port / "model.py").write_text(wrong)
    result = verify(port)
    assert result.exit_code == 1 and "OUTPUT_MISMATCH" in result.output


def test_equal_variables_are_told_apart_by_the_key_map(tmp_path: Path) -> None:
    value = np.arange(4, dtype="f")
    infos = tuple(
        VariableInfo(name, name, "float32", (4,), True, lambda: value)
        for name in ("first/bias", "second/bias")
    )
    code = BY_HAND + "\n\nclass Twin(nn.Module):\n    def forward(self, x): ..."
    port = written(tmp_path / "port", {"a": value, "b": value}, code)
    described = {"inputs": [{"name": "x"}]}
    with pytest.raises(SourceError, match="'a' may be any of first/bias, second/bias"):
        write_provenance(port, described, infos, {})
    write_provenance(port, described, infos, {"a": "second/bias:0", "b": "first/bias"})
    state = json.loads((port / "provenance.json").read_text())["state"]
    assert (state["a"]["key"], state["b"]["key"]) == ("second/bias", "first/bias")


def test_a_key_map_that_does_not_fit_is_told(
    tmp_path: Path, original: tuple[Path, dict[str, Any]]
) -> None:
    from tf2torch import api

    source, state = original
    twins = {**state, "stem.norm.bias": state["stem.conv.bias"]}
    port = written(tmp_path / "port", twins)
    with pytest.raises(SourceError, match="does not hold the values of 'batch_norm"):
        api.verify(port, source, keys={"stem.norm.bias": "batch_normalization/beta"})
    with pytest.raises(SourceError, match="no variable 'other:0' in the original"):
        api.verify(port, source, keys={"stem.norm.bias": "other:0"})
    with pytest.raises(SourceError, match="names 'tail', which no weights hold"):
        api.verify(port, source, keys={"tail": None})
    assert not (port / "provenance.json").exists()


def test_what_a_port_written_by_hand_lacks_is_told(
    tmp_path: Path, original: tuple[Path, dict[str, Any]]
) -> None:
    source, state = original
    port = written(tmp_path / "port", state)
    result = verify(port)
    assert result.exit_code == 2 and "name the original with --source" in result.output
    keys = tmp_path / "keys.json"
    keys.write_text("[1]")
    with pytest.raises(SourceError, match="no key map"):
        read_keys(keys)
    two = BY_HAND.replace("picture: Tensor", "picture: Tensor, mask: Tensor")
    (port / "model.py").write_text(two)
    result = verify(port, "--source", source)
    assert result.exit_code == 2 and "the source ['picture']" in result.output
