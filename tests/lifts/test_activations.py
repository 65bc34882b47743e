"""Activations that frameworks compose; values at corners and where exp overflows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
import torch
import torch._dynamo

from tests.lifts.runner import check, normal

# Corners of every piecewise function here; beyond 90 exp overflows in float32.
CORNERS = np.array([-100, -6, -3, -1, -0.5, 0, 0.5, 1, 3, 6, 100], "float32")


def points() -> np.ndarray:
    return np.stack([CORNERS, normal(len(CORNERS), scale=3)])


def tanh_gelu(x: Any) -> Any:
    return 0.5 * x * (1 + tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x * x * x)))


def factored_gelu(x: Any) -> Any:
    inner = 0.7978845608 * x * (1.0 + 0.044715 * x**2)
    return x * (0.5 * (1.0 + tf.tanh(inner)))


def erf_gelu(x: Any) -> Any:
    return x * 0.5 * (1.0 + tf.math.erf(x / tf.sqrt(2.0)))


FORMS: dict[str, list[Callable[[Any], Any]]] = {
    'F.gelu(x0, approximate="tanh")': [
        tanh_gelu,
        factored_gelu,
        lambda x: tf.nn.gelu(x, approximate=True),
        lambda x: keras.activations.gelu(x, approximate=True),
        lambda x: tf_keras.activations.gelu(x, approximate=True),
    ],
    "F.gelu(x0)": [
        erf_gelu,
        lambda x: tf.nn.gelu(x, approximate=False),
        keras.activations.gelu,
        tf_keras.activations.gelu,
    ],
    "F.silu(x0)": [
        lambda x: x * tf.sigmoid(x),
        tf.nn.silu,
        keras.activations.silu,
        tf_keras.activations.swish,
    ],
    "F.hardsigmoid(x0)": [
        lambda x: tf.nn.relu6(x + 3) / 6,
        keras.activations.hard_sigmoid,
        lambda x: tf.nn.relu6(x + 3.0) * (1.0 / 6.0),
    ],
    "F.hardswish(x0)": [
        lambda x: x * tf.nn.relu6(x + 3) / 6,
        keras.activations.hard_silu,
        lambda x: x * (tf.nn.relu6(x + 3.0) * (1.0 / 6.0)),
    ],
    "F.mish(x0)": [
        lambda x: x * tf.tanh(tf.math.softplus(x)),
        keras.activations.mish,
        tf_keras.activations.mish,
    ],
    "F.logsigmoid(x0)": [tf.math.log_sigmoid, keras.activations.log_sigmoid],
    "x0.softmax(-1)": [keras.activations.softmax, tf_keras.activations.softmax],
}


@pytest.mark.parametrize(
    ("idiom", "function"),
    [
        pytest.param(idiom, function, id=f"{idiom}-{i}")
        for idiom, functions in FORMS.items()
        for i, function in enumerate(functions)
    ],
)
def test_activation(idiom: str, function: Callable[[Any], Any]) -> None:
    check(function, points(), has=[f"return {idiom}"])


def test_silu_with_a_factor() -> None:
    check(
        lambda x: tf.nn.silu(x, beta=1.702),
        points(),
        has=["x0 * torch.sigmoid(1.702 * x0)"],
        lacks=["CustomGradient"],
    )


def test_another_custom_gradient_stays() -> None:
    @tf.custom_gradient
    def steep(x: Any) -> Any:
        s = tf.sigmoid(x)
        return x * s, lambda dy: dy * s * (1 + 2 * x * (1 - s))

    check(lambda x: steep(x), points(), has=["CustomGradient"])


def test_a_custom_gradient_compiles_when_it_saves_its_input() -> None:
    @tf.custom_gradient
    def rounded(x: Any) -> Any:
        return tf.round(x), lambda dy: tf.where(tf.abs(x) <= 1.0, dy, 0.0)

    ported = check(lambda x: rounded(x), points(), has=["save_for_backward"])
    x = torch.randn(3, 4, requires_grad=True)
    torch._dynamo.reset()
    compiled = torch.compile(ported.module, fullgraph=True, backend="aot_eager")
    for function in (compiled, ported.module):
        (found,) = torch.autograd.grad(function(x).sum(), x)
        torch.testing.assert_close(found, (x.abs() <= 1).float())


def test_another_constant_is_no_gelu() -> None:
    def function(x: Any) -> Any:
        return 0.5 * x * (1 + tf.tanh(0.8 * (x + 0.044715 * x**3)))

    check(function, points(), lacks=["gelu"])


@pytest.mark.parametrize("axis", [1, -1, 2])
def test_softmax_by_hand(axis: int) -> None:
    def function(x: Any) -> Any:
        e = tf.exp(x - tf.reduce_max(x, axis, keepdims=True))
        return e / tf.reduce_sum(e, axis, keepdims=True)

    last = -1 if axis == 2 else axis
    check(function, normal(2, 4, 5), has=[f"x0.softmax({last})"])


@pytest.mark.parametrize("activations", [keras.activations, tf_keras.activations])
def test_softmax_over_another_axis(activations: Any) -> None:
    check(
        lambda x: activations.softmax(x, axis=1),
        normal(2, 4, 5),
        has=["x0.softmax(1)"],
        lacks=["permute"],
    )


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("axis", [1, [1, 2]])
def test_logsumexp(axis: Any, keepdims: bool) -> None:
    x = normal(2, 4, 5, scale=50)
    check(
        lambda x: tf.reduce_logsumexp(x, axis, keepdims=keepdims),
        x,
        has=["torch.logsumexp(x0, "],
    )
