"""Long forwards in parts: which are found, what they are called, what stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import torch

import tf2torch


def converted(module: tf.Module, function: Callable[..., Any], *specs: Any) -> Any:
    module.run = tf.function(function, input_signature=list(specs))
    return tf2torch.convert(module.run.get_concrete_function(), verify=False)


def classes(code: str) -> list[str]:
    return re.findall(r"^class (\w+)", code, re.MULTILINE)


def rows(*names: str, width: int = 4) -> list[tf.TensorSpec]:
    return [tf.TensorSpec([None, width], name=n) for n in names]


def dense(x: tf.Tensor, weight: tf.Variable) -> tf.Tensor:
    return tf.nn.relu(x @ weight)


def weights(module: tf.Module, count: int, width: int = 4) -> list[tf.Variable]:
    draw = np.random.default_rng(0)
    module.weights = [
        tf.Variable(draw.normal(size=(width, width)).astype("float32"), name=f"w{i}")
        for i in range(count)
    ]
    return module.weights


def agrees(port: Any, function: Callable[..., Any], *arrays: np.ndarray) -> None:
    wanted = function(*map(tf.constant, arrays)).numpy()
    found = port.module(*map(torch.from_numpy, arrays)).detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def test_the_step_of_a_loop_is_a_cell() -> None:
    module = tf.Module()
    a, b, c = weights(module, 3)

    def function(x: tf.Tensor) -> tf.Tensor:
        state = tf.zeros_like(x[:, 0])
        steps = tf.TensorArray(tf.float32, tf.shape(x)[1])
        for i in tf.range(tf.shape(x)[1]):
            gate = tf.sigmoid(x[:, i] @ a + state @ b)
            candidate = tf.tanh(x[:, i] @ c) * gate
            state = gate * state + (1.0 - gate) * candidate
            state = tf.maximum(state, candidate) + gate * candidate
            steps = steps.write(i, state)
        return tf.transpose(steps.stack(), [1, 0, 2])

    port = converted(module, function, tf.TensorSpec([None, None, 4], name="x"))
    assert classes(port.source)[0] == "Cell"
    assert "def forward(self, x: Tensor, state: Tensor)" in port.source
    assert re.search(r"state = self\.cell\(x\[:, i\], state\)", port.source)
    agrees(port, module.run, draw(2, 5, 4))


def test_what_is_side_by_side_has_names() -> None:
    module = tf.Module()
    w = weights(module, 8)

    def tower(x: tf.Tensor, name: str, own: list[tf.Variable]) -> tf.Tensor:
        for i, weight in enumerate(own):
            last = i == len(own) - 1
            with tf.name_scope(f"{name}_tower" if last else f"{name}_{'abc'[i]}"):
                x = dense(x, weight) * tf.tanh(x) + tf.sin(x) * 2.0
        return x @ own[0]

    def function(user: tf.Tensor, item: tf.Tensor) -> tf.Tensor:
        left, right = tower(user, "user", w[:4]), tower(item, "item", w[4:])
        return tf.reduce_sum(left * right, 1)

    port = converted(module, function, *rows("user", "item"))
    assert "self.user" in port.source and "self.item" in port.source
    assert len(classes(port.source)) >= 2
    agrees(port, module.run, draw(3, 4), draw(3, 4) + 1)


def test_a_layer_with_a_name_is_a_part_of_a_long_forward() -> None:
    module = tf.Module()
    w = weights(module, 8)

    def function(x: tf.Tensor) -> tf.Tensor:
        for weight in w[:4]:
            x = dense(x, weight) + tf.sin(x) * tf.cos(x)
        with tf.name_scope("interaction"):
            total = tf.square(tf.reduce_sum(x, 1, keepdims=True))
            parts = tf.reduce_sum(tf.square(x), 1, keepdims=True)
            crossed = tf.exp(-parts) * tf.tanh(total - parts) + total
            x = x * crossed + tf.sin(crossed)
        for weight in w[4:]:
            x = dense(x, weight) + tf.sin(x) * tf.cos(x)
        return x

    port = converted(module, function, *rows("x"))
    assert "Interaction" in classes(port.source)
    agrees(port, module.run, draw(3, 4) / 9)


def test_a_short_forward_stays_whole() -> None:
    module = tf.Module()
    w = weights(module, 2)

    def function(x: tf.Tensor) -> tf.Tensor:
        with tf.name_scope("interaction"):
            x = tf.square(x) - tf.sin(x) * tf.cos(x)
        return dense(dense(x, w[0]), w[1])

    port = converted(module, function, *rows("x"))
    assert len(classes(port.source)) == 1
    agrees(port, module.run, draw(3, 4))
