"""What does nothing is gone, and nothing that does something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.lifts.runner import check, normal

FORMS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda x: x * 1.0 + tf.zeros_like(x) * x, "x0 + torch.zeros_like(x0) * x0"),
    (lambda x: tf.tanh(x / 1.0), "torch.tanh(x0)"),
    (lambda x: tf.tanh(tf.negative(-x)), "torch.tanh(x0)"),
    (lambda x: tf.exp(x) + -tf.tanh(x), "torch.exp(x0) - torch.tanh(x0)"),
    (lambda x: tf.reshape(tf.reshape(x, [-1, 20]), [-1, 4, 5]), "return x0"),
    (
        lambda x: tf.tanh(tf.transpose(tf.transpose(x, [0, 2, 1]), [0, 2, 1])),
        "torch.tanh(x0)",
    ),
    (lambda x: tf.tanh(tf.squeeze(tf.expand_dims(x, 1), 1)), "torch.tanh(x0)"),
    (lambda x: tf.tanh(tf.stack(tf.unstack(x, axis=1), 1)), "torch.tanh(x0)"),
    (lambda x: tf.tanh(tf.concat(tf.split(x, 2, 1), 1)), "torch.tanh(x0)"),
    (lambda x: tf.tanh(tf.concat([x], 1)), "torch.tanh(x0)"),
    (
        lambda x: x + tf.broadcast_to(x[:, :1], tf.shape(x)),
        "x0 + x0[:, :1]",
    ),
]


@pytest.mark.parametrize(
    ("function", "text"), FORMS, ids=[str(i) for i in range(len(FORMS))]
)
def test_tidied(function: Callable[[Any], Any], text: str) -> None:
    check(function, normal(2, 4, 5), has=[text])


def test_order_of_parts_matters() -> None:
    def function(x: Any) -> Any:
        a, b = tf.split(x, 2, 1)
        return tf.concat([b, a], 1)

    check(function, normal(2, 4, 5), has=["torch.cat"])


def test_nested_cats() -> None:
    def function(x: Any) -> Any:
        both = tf.concat([tf.tanh(x), x], 1)
        return tf.concat([tf.exp(x), both], 1), tf.concat([x, both], 2 - 1), both

    text = check(function, normal(2, 4, 5)).text
    assert text.count("torch.cat((") == 3  # what others need stays

    def alone(x: Any) -> Any:
        return tf.concat([x, tf.concat([tf.exp(x), tf.concat([x, x], 1)], 1)], 1)

    check(alone, normal(2, 4, 5), has=["torch.cat((x0, torch.exp(x0), x0, x0), dim=1)"])


def test_repeated_cell() -> None:
    check(
        lambda x: x[:, :, :3] * tf.concat([x[:, :, 3:4]] * 3, 2),
        normal(2, 4, 5),
        lacks=["torch.cat"],
    )


def test_zeros_chosen() -> None:
    check(
        lambda x: tf.where(x > 0, x, tf.zeros_like(x)),
        normal(2, 4, 5),
        has=["torch.where(x0 > 0.0, x0, 0.0)"],
    )


def test_negative_ids() -> None:
    layer = keras.layers.Embedding(10, 4)
    layer.build()
    ids = np.array([[0, 9, -1], [-10, 3, 3]], "int32")
    check(lambda i: layer(i), ids, has=["= Embedding(", "(x0)"], lacks=["where"])
