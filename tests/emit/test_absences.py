"""What a serving graph has lost is said in the report, and an option sets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tensorflow as tf

import tf2torch
from tf2torch.diagnostics import SourceError
from tf2torch.verify.provenance import read_port
from tf2torch.verify.scoreboard import Scoreboard


class Normed(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.ones([3, 3, 2, 4]), name="kernel")
        self.scale = tf.Variable(tf.ones([4]), name="scale")
        self.offset = tf.Variable(tf.zeros([4]), name="offset")
        self.mean = tf.Variable(tf.zeros([4]), trainable=False, name="moving_mean")
        self.variance = tf.Variable(tf.ones([4]), trainable=False, name="moving_var")

    @tf.function(input_signature=[tf.TensorSpec([None, 5, 5, 2], name="image")])
    def __call__(self, image: tf.Tensor) -> tf.Tensor:
        x = tf.nn.conv2d(image, self.kernel, 1, "SAME")
        state = (self.scale, self.offset, self.mean, self.variance)
        return tf.compat.v1.nn.fused_batch_norm(x, *state, is_training=False)[0]


def converted(folder: Path, momentum: float | None) -> tuple[str, list[str]]:
    """(the source, what the report says is not in the original)"""
    module = Normed()
    function = module.__call__.get_concrete_function()
    port = tf2torch.convert(
        function, output=folder, verify=False, batch_norm_momentum=momentum
    )
    board = Scoreboard("", "", 0, (), (), (), absent=read_port(folder).absent)
    return port.source, json.loads(board.dumps())["not in the source"]


def test_lost_momentum_and_dropout_are_named(tmp_path: Path) -> None:
    code, absent = converted(tmp_path / "port", None)
    assert "momentum=0.01)" in code
    momentum, dropout = absent
    assert momentum.startswith("momentum of 1 BatchNorm layer: not in the source")
    assert "--batch-norm-momentum" in momentum
    assert dropout.startswith("dropout: not in the source")


def test_the_option_sets_the_momentum(tmp_path: Path) -> None:
    code, absent = converted(tmp_path / "port", 0.9)
    assert "momentum=0.1)" in code
    assert [a for a in absent if "momentum" in a] == []


def test_a_momentum_is_a_share(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="between 0 and 1"):
        converted(tmp_path / "port", 1.5)
