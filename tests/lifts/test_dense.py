"""Dense layers on more than two axes, and einsums that are dense layers."""

from __future__ import annotations

from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

from tests.lifts.runner import check, enliven, normal

KERAS = pytest.mark.parametrize("layers", [keras.layers, tf_keras.layers])
NO_SHAPES = ("reshape", "flatten", "einsum", "permute")


def built(layer: Any, *shape: int | None) -> Any:
    layer.build(shape)
    return enliven(layer)


@KERAS
@pytest.mark.parametrize("shape", [(5, 8), (4, 5, 8)])
@pytest.mark.parametrize("sizes", [(0,), (0, 1)])
def test_dense(layers: Any, shape: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    dense = built(layers.Dense(6), None, *[None for _ in shape[:-1]], 8)
    check(
        lambda x: dense(x),
        normal(2, *shape),
        has=["nn.Linear(8, 6)"],
        lacks=NO_SHAPES,
        sizes=sizes,
    )


def test_tensordot_of_plain_tensorflow() -> None:
    w, b = tf.Variable(normal(8, 6)), tf.Variable(normal(6, seed=1))
    check(
        lambda x: tf.tensordot(x, w, 1) + b,
        normal(2, 5, 8),
        has=["nn.Linear(8, 6)"],
        lacks=NO_SHAPES,
    )


def test_tensordot_over_two_axes() -> None:
    w = tf.Variable(normal(4, 8, 6))
    check(
        lambda x: tf.tensordot(x, w, 2),
        normal(2, 5, 4, 8),
        has=["nn.Linear(32, 6, bias=False)", "flatten(2)"],
    )


@KERAS
@pytest.mark.parametrize(
    ("equation", "inside", "shape", "bias", "linear"),
    [
        ("abc,cde->abde", (5, 8), (None, 2, 3), "de", "nn.Linear(8, 6)"),
        ("abcd,cde->abe", (5, 2, 3), (None, 8), "e", "nn.Linear(6, 8)"),
        ("abc,cd->abd", (5, 8), (None, 6), "d", "nn.Linear(8, 6)"),
        ("...x,xy->...y", (5, 8), (6,), "y", "nn.Linear(8, 6)"),
        ("abc,dc->abd", (5, 8), (None, 6), None, "nn.Linear(8, 6, bias=False)"),
    ],
)
def test_einsum_dense(
    layers: Any,
    equation: str,
    inside: tuple[int, ...],
    shape: tuple[int | None, ...],
    bias: str | None,
    linear: str,
) -> None:
    layer = layers.EinsumDense(equation, shape, bias_axes=bias)
    dense = built(layer, None, *inside)
    check(lambda x: dense(x), normal(2, *inside), has=[linear], lacks=["torch.einsum"])


@pytest.mark.parametrize(
    ("equation", "x", "w"),
    [
        ("abc,bd->acd", (2, 5, 3), (5, 4)),  # the contracted axis is not the last
        ("abc,cd->dab", (2, 5, 3), (3, 4)),  # the new axis comes first
        ("abc,bcd->ad", (2, 5, 3), (5, 3, 4)),
        ("abc,cbd->ad", (2, 5, 3), (3, 5, 4)),  # contracted in another order
        ("abc,c->ab", (2, 5, 3), (3,)),
        ("cd,abc->abd", (2, 5, 3), (3, 4)),  # the variable first
    ],
)
def test_einsum(equation: str, x: tuple[int, ...], w: tuple[int, ...]) -> None:
    variable = tf.Variable(normal(*w, seed=1))

    def function(x: Any) -> Any:
        pair = (variable, x) if equation.startswith("cd") else (x, variable)
        return tf.einsum(equation, *pair)

    check(function, normal(*x), lacks=["torch.einsum"])


@pytest.mark.parametrize(
    ("equation", "x", "w"),
    [
        ("abc,abd->acd", (2, 5, 3), (2, 5, 4)),  # the batch is in the variable, too
        ("abc,cd->ab", (2, 5, 3), (3, 4)),  # a label is summed away
    ],
)
def test_einsum_that_is_no_dense(
    equation: str, x: tuple[int, ...], w: tuple[int, ...]
) -> None:
    variable = tf.Variable(normal(*w, seed=1))
    check(
        lambda x: tf.einsum(equation, x, variable),
        normal(*x),
        has=["einsum"],
        sizes=() if "abd" in equation else (0,),
    )


def test_tied_embedding() -> None:
    """The table is stored once; the head multiplies by it."""
    table = tf.Variable(normal(10, 4))

    def function(x: Any) -> Any:
        ids = tf.cast(tf.abs(x) * 3, tf.int32) % 10
        return tf.matmul(tf.gather(table, ids), table, transpose_b=True)

    ported = check(function, normal(2, 5))
    assert len(ported.compiled.entries) == 1
