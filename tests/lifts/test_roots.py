"""Square roots at 0: TensorFlow's gradient there is 0 where none comes in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from tests.lifts.runner import check

X = np.array([[0.0, 4.0, 0.0, 2.25], [1.0, 0.36, 9.0, 0.0]], np.float32)


def masked(x: tf.Tensor) -> tf.Tensor:
    return tf.where(x > 0, tf.sqrt(x), 0.0)


def masked_inverse(x: tf.Tensor) -> tf.Tensor:
    return tf.where(x > 0, tf.math.rsqrt(x), 0.0)


def times_mask(x: tf.Tensor) -> tf.Tensor:
    return tf.cast(x > 1.0, tf.float32) * tf.sqrt(x)


def a_part(x: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(x)[:, 1:2]


def rectified(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(tf.sqrt(x) - 0.5)


@pytest.mark.parametrize(
    "function", [masked, masked_inverse, times_mask, a_part, rectified]
)
def test_no_gradient_comes_of_none(function: Callable[..., tf.Tensor]) -> None:
    text = check(function, X).compiled.text
    assert "def sqrt(" in text or "def rsqrt(" in text


@pytest.mark.parametrize("eps", [1e-6, 1e-3])
def test_a_root_of_what_is_positive_is_the_plain_one(eps: float) -> None:
    def function(x: tf.Tensor) -> tf.Tensor:
        length = tf.sqrt(tf.reduce_sum(x * x, -1, keepdims=True) + eps)
        return tf.where(x > 0, x * length, 0.0)

    check(function, X, has=("torch.sqrt(",))


def test_a_square_of_a_root_is_what_was_there() -> None:
    def power_of_a_spectrum(x: tf.Tensor) -> tf.Tensor:
        magnitude = tf.sqrt(tf.reduce_sum(tf.pow(x, 2.0), -1))
        return tf.math.log(tf.square(tf.transpose(magnitude)) + 1e-10)

    rows = np.stack([X, np.zeros_like(X)])
    check(power_of_a_spectrum, rows, lacks=("sqrt",))


def test_a_square_of_a_root_of_anything_stays() -> None:
    """It is NaN where x is negative."""
    check(lambda x: tf.square(tf.sqrt(x)), X, has=("sqrt",))


def test_a_square_of_a_root_of_what_is_clamped_stays() -> None:
    """At 0 a clamp passes the gradient on, and the root none."""
    check(lambda x: tf.square(tf.sqrt(tf.maximum(x, 0.0))), X, has=("sqrt",))
