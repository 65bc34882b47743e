"""Runs of equal layers become loops, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
import torch

import tf2torch


class Perceptron(tf.Module):
    """``count`` layers of 8 with an activation, in scopes of their own."""

    def __init__(self, count: int, name: str = "dnn") -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(2)
        self.kernels = [
            tf.Variable(draw.normal([8, 8]) / 3.0, name=f"{name}{i}/kernel")
            for i in range(1, count + 1)
        ]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 8], name="x")])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for kernel in self.kernels:
            with tf.name_scope(kernel.name.split("/")[0]):
                x = tf.nn.relu(x @ kernel)
        return x


def converted(module: tf.Module) -> tf2torch.Port:
    function = module.__call__.get_concrete_function()
    return tf2torch.convert(function, verify=False)


def test_named_layers_are_a_loop_of_that_name() -> None:
    module = Perceptron(5)
    port = converted(module)
    assert (
        "self.dnn = nn.Sequential(*(LinearRelu(dim) for _ in range(depth)))"
        in port.source
    )
    assert list(port.module.state_dict()) == [f"dnn.{i}.fc.weight" for i in range(5)]
    x = np.linspace(-1, 1, 16, dtype=np.float32).reshape(2, 8)
    found = port.module(torch.from_numpy(x))
    np.testing.assert_allclose(found.detach(), module(x), rtol=1e-5, atol=1e-6)


def test_two_layers_are_no_loop() -> None:
    assert "nn.Sequential" not in converted(Perceptron(2)).source


def test_helpers_of_gathered_embeddings_are_in_the_file() -> None:
    """Keras 3 reads negative ids from the end, which takes a class of its own."""
    import keras

    ids = [keras.Input((1,), dtype="int32", name=f"id_{i}") for i in range(4)]
    rows = [keras.layers.Embedding(9 + i, 4)(x) for i, x in enumerate(ids)]
    model = keras.Model(ids, keras.layers.Concatenate(axis=1)(rows))
    port = tf2torch.convert(model, verify=False)
    numbers = [np.array([[i], [8]], np.int32) for i in range(4)]
    found = port.module(*map(torch.from_numpy, numbers))
    np.testing.assert_array_equal(found.detach(), model(numbers))


class Interaction(tf.Module):
    """Two perceptrons with something between them, and embeddings of one width."""

    def __init__(self) -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(3)
        self.bottom = [tf.Variable(draw.normal([4, 4])) for _ in range(3)]
        self.tables = [tf.Variable(draw.normal([9, 4])) for _ in range(4)]
        self.top = [tf.Variable(draw.normal([25, 25]) / 5.0) for _ in range(3)]

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([None, 4], name="dense"),
            *[tf.TensorSpec([None], tf.int32, name=f"id_{i}") for i in range(4)],
        ],
    )
    def __call__(self, dense: tf.Tensor, *ids: tf.Tensor) -> tf.Tensor:
        for kernel in self.bottom:
            dense = tf.nn.relu(dense @ kernel)
        rows = [tf.gather(t, i) for t, i in zip(self.tables, ids, strict=True)]
        stack = tf.stack([dense, *rows], 1)
        x = tf.reshape(tf.matmul(stack, stack, transpose_b=True), [-1, 25])
        for kernel in self.top:
            x = tf.nn.relu(x @ kernel)
        return x


def test_starred_values_are_named_without_their_star() -> None:
    module = Interaction()
    port = converted(module)
    assert "star_of_" not in port.source
    assert port.source.count("nn.Sequential(") == 2
    dense = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    ids = [np.array([i, 8 - i], np.int32) for i in range(4)]
    found = port.module(torch.from_numpy(dense), *map(torch.from_numpy, ids))
    expected = module(dense, *ids)
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-4, atol=1e-5)


def test_numbers_of_tracing_join_no_layers(tmp_path: Path) -> None:
    """An export calls the scope of `dense` `dense_1` and that of `dense_1` `dense_1_1`:
    these are two layers, and no block."""
    import keras

    x = inputs = keras.Input((6,), name="x")
    names = ["dense", "dense_1", "dense_2"]
    for name, activation in zip(names, ("relu", "tanh", "relu"), strict=True):
        x = keras.layers.Dense(6, activation=activation, name=name)(x)
    keras.Model(inputs, x).export(str(tmp_path / "saved"), verbose=False)
    port = tf2torch.convert(tmp_path / "saved", verify=False)
    assert port.source.count("(nn.Module)") == 1, port.source
    assert set(port.module.state_dict()) == {
        f"fc{i}.{part}" for i in (1, 2, 3) for part in ("weight", "bias")
    }
