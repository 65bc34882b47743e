"""Bad input: one line naming the problem, exit 2, nothing written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from golden_models.cache import build, built
from tf2torch.cli import main


@pytest.fixture(scope="session")
def small_cnn() -> Path:
    return built("small_cnn") or build("small_cnn")


@pytest.fixture
def model(small_cnn: Path, tmp_path: Path) -> Path:
    """A healthy SavedModel, to be damaged."""
    return Path(shutil.copytree(small_cnn, tmp_path / "model"))


def missing_path(model: Path) -> list[str]:
    return [str(model.with_name("nowhere"))]


def empty_folder(model: Path) -> list[str]:
    shutil.rmtree(model)
    model.mkdir()
    return [str(model)]


def truncated_proto(model: Path) -> list[str]:
    proto = model / "saved_model.pb"
    whole = proto.read_bytes()
    proto.write_bytes(whole[: len(whole) // 2])
    return [str(model)]


def missing_shard(model: Path) -> list[str]:
    (shard,) = model.glob("variables/variables.data-*")
    shard.unlink()
    return [str(model)]


def truncated_shard(model: Path) -> list[str]:
    (shard,) = model.glob("variables/variables.data-*")
    shard.write_bytes(shard.read_bytes()[:100])
    return [str(model)]


def text_file(model: Path) -> list[str]:
    path = model.with_name("notes.txt")
    path.write_text("this is no model\n")
    return [str(path)]


def tflite_file(model: Path) -> list[str]:
    path = model.with_name("model.tflite")
    path.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(64))
    return [str(path)]


def truncated_keras(model: Path) -> list[str]:
    path = model.with_name("model.keras")
    path.write_bytes(b"PK\x03\x04" + bytes(64))
    return [str(path)]


def truncated_h5(model: Path) -> list[str]:
    path = model.with_name("model.h5")
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))
    return [str(path)]


def noise_as_graph(model: Path) -> list[str]:
    path = model.with_name("graph.pb")
    path.write_bytes(bytes(range(256)) * 4)
    return [str(path)]


def unknown_signature(model: Path) -> list[str]:
    return [str(model), "--signature", "predict"]


# What damages the model, and words that the line must hold.
CASES: dict[Callable[[Path], list[str]], tuple[str, ...]] = {
    missing_path: ("nowhere",),
    empty_folder: ("model", "SavedModel"),
    truncated_proto: ("saved_model.pb",),
    missing_shard: ("variables",),
    truncated_shard: ("variables",),
    text_file: ("notes.txt",),
    tflite_file: ("model.tflite", "TFLite"),
    truncated_keras: ("model.keras",),
    truncated_h5: ("model.h5",),
    noise_as_graph: ("graph.pb",),
    unknown_signature: ("predict", "serving_default"),
}


# `inspect` lists the signatures, so it takes none.
RUNS = [
    pytest.param(command, damage, id=f"{command}-{damage.__name__}")
    for command in ("convert", "inspect")
    for damage in CASES
    if (command, damage) != ("inspect", unknown_signature)
]


@pytest.mark.parametrize(("command", "damage"), RUNS)
def test_bad_input(
    damage: Callable[[Path], list[str]], command: str, model: Path, tmp_path: Path
) -> None:
    before = {"model"}
    arguments = [command, *damage(model)]
    before |= {path.name for path in tmp_path.iterdir()}
    if command == "convert":
        arguments += ["-o", str(tmp_path / "port")]
    result = CliRunner().invoke(main, arguments)
    lines = result.stderr.strip().splitlines()
    assert result.exit_code == 2, result.output
    assert len(lines) == 1, result.stderr
    assert all(word in lines[0] for word in CASES[damage]), lines[0]
    assert result.stdout == ""
    assert {path.name for path in tmp_path.iterdir()} <= before, "something was written"


def test_missing_sample(small_cnn: Path, tmp_path: Path) -> None:
    port, sample = tmp_path / "port", tmp_path / "no.npz"
    arguments = ["convert", str(small_cnn), "-o", str(port), "--sample", str(sample)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    assert "no.npz" in result.stderr
    assert not port.exists()
