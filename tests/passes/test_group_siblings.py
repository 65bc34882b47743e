"""Equal branches side by side are a list of blocks: experts, towers."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import torch

import tf2torch


class Dense(tf.Module):
    def __init__(self, inputs: int, outputs: int, seed: int) -> None:
        super().__init__()
        shape = (inputs, outputs)
        self.kernel = tf.Variable(tf.random.stateless_normal(shape, (seed, 1)))
        self.bias = tf.Variable(tf.random.stateless_normal(shape[1:], (seed, 2)))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return x @ self.kernel + self.bias


class Mixture(tf.Module):
    """``experts`` of two layers, and for each task a gate over them and a head."""

    def __init__(self, experts: int, tasks: int) -> None:
        super().__init__()
        pairs = range(experts)
        self.experts = [(Dense(6, 5, i), Dense(5, 4, 50 + i)) for i in pairs]
        self.gates = [Dense(6, experts, 100 + i) for i in range(tasks)]
        self.heads = [(Dense(4, 3, 200 + i), Dense(3, 1, i)) for i in range(tasks)]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 6], name="x")])
    def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        hidden = [tf.nn.relu(b(tf.nn.relu(a(x)))) for a, b in self.experts]
        stacked = tf.stack(hidden, 1)
        found = {}
        for i, (gate, (first, last)) in enumerate(
            zip(self.gates, self.heads, strict=True)
        ):
            weights = tf.nn.softmax(gate(x))
            mixed = tf.reduce_sum(weights[:, :, None] * stacked, 1)
            found[f"task{i}"] = last(tf.nn.relu(first(mixed)))
        return found


def converted(module: tf.Module) -> tf2torch.Port:
    function = module.__call__.get_concrete_function()
    return tf2torch.convert(function, verify=False)


def check(module: Any, port: tf2torch.Port) -> None:
    for rows in (2, 3):
        x = np.random.default_rng(rows).normal(size=(rows, 6)).astype("float32")
        found = port.module(torch.from_numpy(x))
        for name, want in module(tf.constant(x)).items():
            got = found if isinstance(found, torch.Tensor) else found[name]
            got = got.detach()
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_experts_and_towers_are_loops() -> None:
    module = Mixture(4, 3)
    port = converted(module)
    assert "torch.stack([expert(x) for expert in self.experts], dim=1)" in port.source
    assert "[tower(y, x) for tower in self.towers]" in port.source
    assert '{"task0": towers[0], "task1": towers[1], "task2": towers[2]}' in port.source
    assert port.source.count("class ") == 3
    assert "experts.3.fc2.weight" in port.module.state_dict()
    check(module, port)


def test_two_experts_are_written_out() -> None:
    module = Mixture(2, 2)
    port = converted(module)
    assert "self.experts" not in port.source
    check(module, port)


class Levels(Mixture):
    """Experts that all tasks read, and experts of each task."""

    def __init__(self) -> None:
        super().__init__(3, 2)
        self.own = [[Dense(6, 4, 300 + 10 * t + i) for i in (0, 1)] for t in (0, 1)]
        self.gates = [Dense(6, 5, 400 + i) for i in (0, 1)]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 6], name="x")])
    def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        shared = [tf.nn.relu(b(tf.nn.relu(a(x)))) for a, b in self.experts]
        found = {}
        for i, (gate, (first, last), own) in enumerate(
            zip(self.gates, self.heads, self.own, strict=True)
        ):
            weights = tf.nn.softmax(gate(x))
            stacked = tf.stack([tf.nn.relu(e(x)) for e in own] + shared, 1)
            mixed = tf.reduce_sum(weights[:, :, None] * stacked, 1)
            found[f"task{i}"] = last(tf.nn.relu(first(mixed)))
        return found


def test_towers_read_the_list_of_shared_experts() -> None:
    module = Levels()
    port = converted(module)
    assert "experts = [expert(x) for expert in self.experts]" in port.source
    assert "[tower(experts, x) for tower in self.towers]" in port.source
    assert "list[Tensor]" in port.source
    check(module, port)


class Siamese(tf.Module):
    """One tower, called three times: it is no list of towers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = Dense(2, 4, 1), Dense(4, 2, 2)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 6], name="x")])
    def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        parts = tf.split(x, 3, 1)
        return {"y": tf.stack([self.last(tf.nn.relu(self.first(p))) for p in parts], 1)}


def test_shared_weights_stay_shared() -> None:
    module = Siamese()
    port = converted(module)
    assert "ModuleList" not in port.source
    assert len(port.module.state_dict()) == 4
    check(module, port)


class Pyramid(tf.Module):
    """A head for each part of the input, results read together."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = [(Dense(2, 4, i), Dense(4, 3, 9 + i)) for i in range(3)]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 6], name="x")])
    def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        parts = tf.split(x, 3, 1)
        pairs = zip(self.heads, parts, strict=True)
        return {"y": tf.concat([b(tf.nn.relu(a(p))) for (a, b), p in pairs], 1)}


def test_values_of_their_own_are_zipped() -> None:
    module = Pyramid()
    port = converted(module)
    assert "for branch, value in zip(" in port.source
    check(module, port)
