"""Recurrent layers of Keras 2, Keras 3 and TF1 against their ports.

A case names what the source must say: a torch module where torch computes the same
function, a loop where it does not. Values, a second length, and the gradients of the
input and of every weight are compared with TensorFlow's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.ops.runner import Port, to_torch

LSTM, GRU, RNN = "nn.LSTM(3, 4", "nn.GRU(3, 4", "nn.RNN(3, 4"
TOLERANCE = 2e-5


def _keras(kind: str) -> Any:
    if kind == "keras3":
        import keras

        return keras
    import tf_keras

    return tf_keras


CASES: dict[str, tuple[Callable[[Any], list[Any]], str]] = {
    "lstm": (lambda L: [L.LSTM(4)], LSTM),
    "lstm_sequences": (lambda L: [L.LSTM(4, return_sequences=True)], LSTM),
    "lstm_backwards": (lambda L: [L.LSTM(4, go_backwards=True)], "x.flip(1)"),
    "lstm_without_bias": (lambda L: [L.LSTM(4, use_bias=False)], "bias=False"),
    "lstm_relu": (lambda L: [L.LSTM(4, activation="relu")], "for i in range("),
    "gru": (lambda L: [L.GRU(4, return_sequences=True)], GRU),
    "gru_without_bias": (lambda L: [L.GRU(4, use_bias=False)], GRU),
    "gru_reset_before": (lambda L: [L.GRU(4, reset_after=False)], "for i in range("),
    "simple": (lambda L: [L.SimpleRNN(4)], RNN),
    "simple_relu": (
        lambda L: [L.SimpleRNN(4, activation="relu")],
        'nonlinearity="relu"',
    ),
    "bidirectional": (
        lambda L: [
            L.Bidirectional(L.LSTM(4, return_sequences=True)),
            L.Bidirectional(L.GRU(5)),
        ],
        "nn.GRU(8, hidden_size, batch_first=True, bidirectional=True)",
    ),
    "bidirectional_sum": (
        lambda L: [L.Bidirectional(L.GRU(4), merge_mode="sum")],
        "bidirectional=True",
    ),
    "stacked": (
        lambda L: [L.LSTM(4, return_sequences=True), L.LSTM(3)],
        "nn.LSTM(4, 3",
    ),
    "cells": (lambda L: [L.RNN([L.LSTMCell(4), L.GRUCell(3)])], "nn.GRU(4, 3"),
    "masked": (
        lambda L: [L.Masking(), L.LSTM(4, return_sequences=True)],
        "torch.where",
    ),
    "dropout": (lambda L: [L.LSTM(4, dropout=0.2, recurrent_dropout=0.2)], LSTM),
}


@pytest.mark.parametrize("kind", ["keras2", "keras3"])
@pytest.mark.parametrize("name", CASES)
def test_keras(kind: str, name: str) -> None:
    keras = _keras(kind)
    make, text = CASES[name]
    model = keras.Sequential([keras.Input((None, 3)), *make(keras.layers)])
    _randomise(model.weights)
    run = tf.function(lambda x: model(x))
    concrete = run.get_concrete_function(tf.TensorSpec([None, None, 3], name="x"))
    port = Port(concrete)
    assert not port.hints
    assert text in port.text, port.text
    for seed, shape in enumerate([(2, 7, 3), (3, 5, 3)]):
        _compare(port, concrete, _input(seed, *shape))


def test_initial_state_and_returned_states() -> None:
    import keras

    x, h, c = (keras.Input(s) for s in ((6, 3), (4,), (4,)))
    layer = keras.layers.LSTM(4, return_sequences=True, return_state=True)
    model = keras.Model([x, h, c], layer(x, initial_state=[h, c]))
    _randomise(model.weights)
    specs = [tf.TensorSpec([None, *s]) for s in ((6, 3), (4,), (4,))]
    run = tf.function(lambda x, h, c: model([x, h, c]))
    concrete = run.get_concrete_function(*specs)
    port = Port(concrete)
    assert LSTM in port.text and "for " not in port.text, port.text
    _compare(port, concrete, _input(0, 2, 6, 3), _input(1, 2, 4), _input(2, 2, 4))


def test_a_layer_called_twice_is_one_module() -> None:
    import keras

    layer = keras.layers.GRU(3, return_sequences=True)
    model = keras.Sequential([keras.Input((5, 3)), layer, layer])
    _randomise(model.weights)
    run = tf.function(lambda x: model(x))
    concrete = run.get_concrete_function(tf.TensorSpec([None, 5, 3]))
    port = Port(concrete)
    assert port.text.count("nn.GRU(") == 1, port.text
    _compare(port, concrete, _input(0, 2, 5, 3))


def _randomise(weights: Any) -> None:
    for seed, weight in enumerate(weights):
        if "seed" not in weight.name:
            weight.assign(0.5 * _input(seed, *weight.shape))


def _input(seed: int, *shape: int) -> np.ndarray:
    values = np.random.default_rng(seed).standard_normal(shape)
    return values.astype("float32")


def _compare(port: Port, concrete: Any, *arrays: np.ndarray) -> None:
    """Outputs, then the gradients of a random projection of them."""
    theirs = [tf.constant(a) for a in arrays]
    ours = [to_torch(a, "float32").requires_grad_() for a in arrays]
    variables = [v for v in concrete.variables if v.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(theirs)
        want = tf.nest.flatten(concrete(*theirs))
        loss = sum(
            tf.reduce_sum(w * _input(9 + i, *w.shape)) for i, w in enumerate(want)
        )
    expected = tape.gradient(loss, [*theirs, *variables])
    port.module.zero_grad()
    got = port(*ours)
    total = sum(
        (g * to_torch(_input(9 + i, *g.shape), "float32")).sum()
        for i, g in enumerate(got)
    )
    total.backward()
    for a, b in zip(got, want, strict=True):
        _close(a.detach().numpy(), b.numpy())
    for a, b in zip(ours, expected[: len(ours)], strict=True):
        _close(a.grad.numpy(), b.numpy())
    known = {id(v): g for v, g in zip(variables, expected[len(ours) :], strict=True)}
    _compare_weights(port, concrete, known)


def _compare_weights(port: Port, concrete: Any, known: dict[int, Any]) -> None:
    """Every variable's gradient, rearranged as its state_dict entries are."""
    from tf2torch.ir.nodes import Const
    from tf2torch.transpiler.emit.weights import apply

    named = dict(port.module.named_parameters())
    seen: dict[int, int] = {}
    for entry in port.entries:
        if isinstance(entry.source, Const):
            assert not entry.source.array.any() or "bias_hh" in entry.key
            continue
        variable = concrete.variables[int(entry.source.variable.key)]
        if id(variable) not in known:  # the state of a dropout's seed
            continue
        gradient = known[id(variable)].numpy()
        moved = apply(entry.source.transforms, gradient)
        _close(named[entry.key].grad.numpy(), moved)
        seen[id(variable)] = seen.get(id(variable), 0) + moved.size
    assert seen == {
        i: int(np.prod(next(v for v in concrete.variables if id(v) == i).shape))
        for i in known
    }


def _close(got: np.ndarray, want: np.ndarray) -> None:
    scale = max(1.0, float(np.abs(want).max(initial=0.0)))
    np.testing.assert_allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE * scale)


def test_an_unrolled_layer_is_one_cell() -> None:
    import keras

    model = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(4, unroll=True)])
    _randomise(model.weights)
    run = tf.function(lambda x: model(x))
    concrete = run.get_concrete_function(tf.TensorSpec([None, 4, 3]))
    port = Port(concrete)
    assert port.text.count("nn.LSTMCell(3, 4)") == 1, port.text
    _compare(port, concrete, _input(0, 2, 4, 3))


def test_a_stateful_layer_goes_on_where_it_stopped() -> None:
    import tf_keras

    layer = tf_keras.layers.LSTM(4, stateful=True, batch_input_shape=(2, 5, 3))
    model = tf_keras.Sequential([layer])
    _randomise(model.trainable_weights)
    run = tf.function(lambda x: model(x))
    concrete = run.get_concrete_function(tf.TensorSpec([2, 5, 3]))
    port = Port(concrete)
    assert LSTM in port.text, port.text
    for seed in range(3):
        x = _input(seed, 2, 5, 3)
        (got,) = port(to_torch(x, "float32"))
        _close(got.detach().numpy(), concrete(tf.constant(x)).numpy())
