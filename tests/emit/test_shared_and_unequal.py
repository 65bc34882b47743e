"""Blocks that are almost equal, and state that more than one place uses."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import torch

from tests.lifts.runner import check, normal, port


def weights(*shape: int, seed: int, name: str) -> tf.Variable:
    return tf.Variable(normal(*shape, seed=seed), name=name)


class Layer(tf.Module):
    """Two products and a scale that is a Python number."""

    def __init__(self, name: str, scale: float, seed: int) -> None:
        super().__init__(name=name)
        self.scale = scale
        with self.name_scope:
            self.a = weights(4, 4, seed=seed, name="a")
            self.b = weights(4, 4, seed=seed + 1, name="b")

    @tf.Module.with_name_scope
    def __call__(self, x: Any) -> Any:
        return x + tf.tanh(x @ self.a) @ self.b * self.scale


def test_a_scalar_may_differ_between_equal_blocks() -> None:
    layers = [Layer(f"layer_{i}", 0.5 + i, 2 * i) for i in range(3)]

    def stack(x: Any) -> Any:
        for layer in layers:
            x = layer(x)
        return x

    text = check(stack, normal(2, 4)).text
    assert text.count("nn.Linear(") == 2, text


def test_state_of_unequal_sizes_in_branches() -> None:
    """Blocks of one class whose buffers are read in both branches."""
    sizes = (3, 5, 4)
    kernels = [
        weights(a, b, seed=i, name=f"layer_{i}/kernel")
        for i, (a, b) in enumerate(zip((4, *sizes), sizes, strict=False))
    ]
    means = [
        tf.Variable(normal(b, seed=9), trainable=False, name=f"layer_{i}/mean")
        for i, b in enumerate(sizes)
    ]

    def stack(x: Any, train: Any) -> Any:
        for i, (kernel, mean) in enumerate(zip(kernels, means, strict=True)):
            with tf.name_scope(f"layer_{i}"):
                y = x @ kernel

                def update(y: Any = y, mean: Any = mean) -> Any:
                    mean.assign(mean * 0.9 + tf.reduce_mean(y, 0) * 0.1)
                    return tf.reduce_mean(y, 0)

                x = tf.tanh(y - tf.cond(train, update, mean.read_value))
        return x

    made = port(stack, tf.TensorSpec((None, 4), tf.float32), tf.TensorSpec((), tf.bool))
    assert made.text.count("class ") == 2, made.text
    for train in (False, True):
        x = normal(2, 4)
        want = made.concrete(tf.constant(x), tf.constant(train)).numpy()
        got = made.module(torch.from_numpy(x), torch.tensor(train))
        np.testing.assert_allclose(got.detach().numpy(), want, 1e-5, 1e-6)


def test_a_tied_weight_read_in_both_directions() -> None:
    """An autoencoder: one Parameter, used as it is and transposed."""
    w, bias = weights(5, 3, seed=1, name="w"), weights(5, seed=2, name="bias")

    def encoder(x: Any) -> Any:
        return tf.matmul(tf.tanh(x @ w), w, transpose_b=True) + bias

    made = port(encoder, tf.TensorSpec((None, 5), tf.float32))
    assert sorted(v.numel() for v in made.module.parameters()) == [5, 15]
    check(encoder, normal(2, 5))


def test_a_tied_embedding() -> None:
    """Rows by lookup, logits by product with the same table."""
    table = weights(7, 4, seed=3, name="table")

    def tied(ids: Any) -> Any:
        return tf.gather(table, ids) @ tf.transpose(table)

    ids = np.array([[1, 6, 0], [2, 2, 5]], np.int32)
    made = port(tied, tf.TensorSpec((None, 3), tf.int32))
    assert len(list(made.module.parameters())) == 1
    check(tied, ids)


def test_complex_constants() -> None:
    twiddle = np.exp(1j * np.arange(4)).astype(np.complex64)

    def rotate(x: Any) -> Any:
        spectrum = tf.signal.fft(tf.cast(x, tf.complex64)) * twiddle * (0.5 - 2j)
        return tf.math.real(spectrum), tf.math.imag(spectrum)

    check(rotate, normal(2, 4))


def test_layers_that_share_all_their_state() -> None:
    """As in ALBERT: one layer's weights, applied again and again."""
    layer, head = Layer("layer", 0.5, 0), Layer("head", 1.0, 5)

    def repeated(x: Any) -> Any:
        for _ in range(3):
            with tf.name_scope("encoder"):
                x = layer(x)
        return head(x)

    made = port(repeated, tf.TensorSpec((None, 4), tf.float32))
    assert len(list(made.module.parameters())) == 4
    check(repeated, normal(2, 4))


def test_state_shared_by_different_blocks() -> None:
    """A norm between two towers belongs to neither of them."""
    towers = [Layer(f"tower_{i}", 0.5 + i, 3 * i) for i in range(2)]
    scale = tf.Variable(normal(4, seed=9), name="shared/scale")

    def both(x: Any) -> Any:
        left, right = (tower(x) * scale for tower in towers)
        return left, right

    made = port(both, tf.TensorSpec((None, 4), tf.float32))
    assert len(list(made.module.parameters())) == 5
    check(both, normal(2, 4))


def test_two_loops_do_not_share_their_names() -> None:
    """An encoder's loop, then a decoder's that reads the encoder's result twice."""
    w, u = weights(3, 3, seed=1, name="w"), weights(3, 3, seed=2, name="u")

    def run(x: Any) -> Any:
        state = x
        for _ in tf.range(4):
            state = tf.tanh(state @ w)
        out = tf.zeros_like(x)
        for i in tf.range(3):
            inner = state * tf.cast(i, tf.float32)
            for _ in tf.range(2):
                inner = tf.tanh(inner @ u)
            out = out + inner * state
        return out, state

    check(run, normal(2, 3))


class Counted(Layer):
    """A layer that counts its calls and keeps a moving average, under a flag."""

    def __init__(self, name: str, scale: float, seed: int) -> None:
        super().__init__(name, scale, seed)
        with self.name_scope:
            self.mean = tf.Variable(tf.zeros(4), trainable=False, name="mean")

    @tf.Module.with_name_scope
    def __call__(self, x: Any, flag: Any) -> Any:
        average = tf.reduce_mean(x, 0)

        def update() -> Any:
            self.mean.assign_sub((self.mean - average) * 0.5)
            return average, average + 1.0

        left, right = tf.cond(flag, update, lambda: (self.mean + 0.0, self.mean * 2.0))
        return tf.tanh(x @ self.a - left) @ self.b + right * self.scale


def test_blocks_keep_what_they_assign() -> None:
    """A conditional with several results that also writes lies inside of a block."""
    import torch

    layers = [Counted(f"layer_{i}", 0.5, 2 * i) for i in range(3)]

    def stack(x: Any, flag: Any) -> Any:
        for layer in layers:
            x = layer(x, flag)
        return x

    specs = tf.TensorSpec((None, 4), tf.float32), tf.TensorSpec((), tf.bool)
    made = port(stack, *specs)
    for seed, flag in enumerate((False, True, True, False)):
        x = normal(3, 4, seed=seed)
        ours = made.module(torch.from_numpy(x), torch.tensor(flag))
        theirs = made.concrete(tf.constant(x), tf.constant(flag))
        np.testing.assert_allclose(ours.detach(), theirs, rtol=2e-5, atol=2e-5)
    state = [v.numpy() for k, v in made.module.state_dict().items() if "mean" in k]
    expected = [layer.mean.numpy() for layer in layers]
    np.testing.assert_allclose(state, expected, rtol=1e-5, atol=1e-6)
