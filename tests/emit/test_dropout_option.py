"""Dropout that a serving graph has lost, set by an option."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import tensorflow as tf
import torch

import tf2torch
from tf2torch.cli import main
from tf2torch.diagnostics import SourceError


class Encoder(tf.Module):
    """Two residual layers and a head, in name scopes."""

    def __init__(self) -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(1)
        self.kernels = [
            tf.Variable(draw.normal([6, 6]), name=f"layer_{i}/kernel") for i in range(2)
        ]
        self.head = tf.Variable(draw.normal([6, 3]), name="head/kernel")

    @tf.function(input_signature=[tf.TensorSpec([None, 6], name="x")])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for i, kernel in enumerate(self.kernels):
            with tf.name_scope(f"layer_{i}"):
                inner = tf.nn.relu(x @ kernel)
            x = x + inner
        with tf.name_scope("head"):
            return tf.nn.softmax(x @ self.head)


class Marked(tf.Module):
    """A graph that still tells where its dropout was."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.ones([4, 4]), name="kernel")

    @tf.function(input_signature=[tf.TensorSpec([None, 4], name="x")])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        with tf.name_scope("dropout_1"):
            x = tf.identity(tf.nn.relu(x @ self.kernel))
        return x @ self.kernel


def converted(
    dropout: float | Mapping[str, float] | None, model: type[tf.Module] = Encoder
) -> tf2torch.Port:
    module = model()  # which its functions do not hold
    function = module.__call__.get_concrete_function()
    return tf2torch.convert(function, verify=False, dropout=dropout)


def rates(port: tf2torch.Port) -> list[float]:
    modules = port.module.modules()
    return [m.p for m in modules if isinstance(m, torch.nn.Dropout)]


def test_a_rate_alone_is_for_the_head() -> None:
    port = converted(0.25)
    assert rates(port) == [0.25]
    assert "head(self.dropout(x))" in port.source


def test_layers_have_rates_by_name() -> None:
    port = converted({"layer_*": 0.125})
    assert rates(port) == [0.125, 0.125]
    torch.manual_seed(0)
    x = torch.randn(512, 6)
    port.module.train()
    assert not torch.equal(port.module(x), port.module(x))


def test_what_is_inside_of_a_layer_is_not_dropped() -> None:
    assert rates(converted({"head": 0.5})) == [0.5]


def test_places_that_the_graph_tells_come_first() -> None:
    port = converted(0.5, Marked)
    assert rates(port) == [0.5]
    assert "not in the source" in " ".join(converted_absent(None))
    assert "dropout" not in " ".join(converted_absent(0.5))


def converted_absent(rate: float | None) -> tuple[str, ...]:
    from tf2torch.verify.provenance import read_port

    port = converted(rate, Marked)
    return read_port(port.folder).absent


def test_in_eval_mode_nothing_changes() -> None:
    x = torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
    plain, dropped = converted(None), converted({"layer_0": 0.3, "": 0.2})
    assert rates(dropped) != []
    torch.testing.assert_close(plain.module(x), dropped.module(x))


def test_an_unknown_layer_is_an_error() -> None:
    with pytest.raises(SourceError, match="no layer is called so; layers: layer_0"):
        converted({"decoder": 0.1})
    with pytest.raises(SourceError, match="between 0 and 1"):
        converted(1.0)


def test_the_command_takes_it(tmp_path: Path) -> None:
    from click.testing import CliRunner

    module = Encoder()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.__call__)
    where = [str(tmp_path / "saved"), "-o", str(tmp_path / "port"), "--no-verify"]
    run = CliRunner().invoke
    done = run(
        main, ["convert", *where, "--dropout", "layer_*=0.1", "--dropout", "0.2"]
    )
    assert done.exit_code == 0, done.output
    assert rates(tf2torch.Port(tmp_path / "port", "", "", None, ())) == [0.1, 0.1]
    assert run(main, ["convert", *where, "--dropout", "much"]).exit_code == 2
