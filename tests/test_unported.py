"""Ops that nothing ports: the rest converts, all gaps are told in one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tf2torch.cli import main
from tf2torch.diagnostics import Code, Priority

OPS = ("AcmeScale", "EncodePng")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dense layer, then an op that TensorFlow does not know, and one that torch has
    not; a third output needs neither."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, (None, 4), name="x")
        hidden = tf.nn.relu(x @ tf.eye(4), name="hidden")
        tf.tanh(tf.identity(hidden, name="acme"), name="scaled")
        pixels = tf.cast(hidden[:, :, None], tf.uint8)
        tf.strings.length(tf.io.encode_png(pixels), name="bytes")
        tf.exp(hidden, name="plain")
    definition = graph.as_graph_def()
    (node,) = (n for n in definition.node if n.name == "acme")
    node.op = "AcmeScale"
    path = tmp_path_factory.mktemp("unported") / "acme.pb"
    path.write_bytes(definition.SerializeToString())
    return path


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.mark.parametrize("verify", [(), ("--no-verify",)], ids=["verified", "not"])
def test_command_line(model: Path, tmp_path: Path, verify: tuple[str, ...]) -> None:
    result = run("convert", model, "-o", tmp_path / "port", "--json", *verify)
    assert result.exit_code == 1, result.output
    hints = json.loads(result.stdout)["hints"]
    found = [(h["code"], h["priority"], h["message"].split(":")[0]) for h in hints]
    assert sorted(found) == [("UNSUPPORTED_OP", "P1", op) for op in OPS]
    assert (tmp_path / "port" / "model.py").is_file()


def test_every_gap_is_in_the_table(model: Path, tmp_path: Path) -> None:
    result = run("convert", model, "-o", tmp_path / "port")
    assert result.exit_code == 1, result.output
    shown = result.stdout + result.stderr
    assert all(op in shown and "UNSUPPORTED_OP" in shown for op in OPS), shown


def test_the_rest_is_converted(model: Path, tmp_path: Path) -> None:
    import torch

    import tf2torch

    port = tf2torch.convert(
        model, output=tmp_path / "port", outputs=["plain"], verify=False
    )
    assert port.hints == ()
    x = torch.tensor([[-1.0, 0.0, 1.0, 2.0]])
    torch.testing.assert_close(port.module(x), x.relu().exp())


@pytest.mark.parametrize(("output", "op"), [("scaled", OPS[0]), ("bytes", OPS[1])])
def test_the_region_raises_with_the_name_of_the_op(
    model: Path, tmp_path: Path, output: str, op: str
) -> None:
    import torch

    import tf2torch

    port = tf2torch.convert(
        model, output=tmp_path / "port", outputs=[output, "plain"], verify=False
    )
    (hint,) = port.hints
    assert hint.code is Code.UNSUPPORTED_OP and hint.priority is Priority.P1
    assert hint.message.startswith(f"{op}: ") and hint.observed == 1
    with pytest.raises(NotImplementedError, match=op):
        port.module(torch.from_numpy(np.ones((2, 4), np.float32)))
