"""cuDNN's recurrent layers, which TensorFlow cannot run on a CPU, against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import torch

from tests.ops.runner import Port

raw = tf.raw_ops
TIME, BATCH, INPUTS, UNITS = 5, 4, 3, 2
LENGTHS = np.array([5, 2, 4, 1], "int32")


def arrays(gates: int, seed: int) -> list[np.ndarray]:
    """A kernel, a recurrent kernel, input and recurrent biases, in Keras's layout."""
    random = np.random.default_rng(seed)
    width = gates * UNITS
    shapes = [(INPUTS, width), (UNITS, width), (width,), (width,)]
    return [random.standard_normal(shape).astype("float32") for shape in shapes]


def buffer(layers: list[list[np.ndarray]], order: list[int]) -> np.ndarray:
    """cuDNN's flat buffer: all transposed matrices, then all biases."""

    def moved(array: np.ndarray) -> np.ndarray:
        parts = np.split(array, len(order), -1)
        return np.concatenate([parts[k] for k in order], -1).T.reshape(-1)

    matrices = [moved(m) for layer in layers for m in layer[:2]]
    return np.concatenate(matrices + [moved(b) for layer in layers for b in layer[2:]])


def ported(mode: str, params: np.ndarray, directions: int, lengths: Any) -> Any:
    x = tf.TensorSpec([TIME, None, INPUTS], tf.float32)
    state = tf.TensorSpec([directions, None, UNITS], tf.float32)
    given = {"rnn_mode": mode, "is_training": False}
    if directions == 2:
        given["direction"] = "bidirectional"

    def function(x: Any, h: Any, c: Any) -> Any:
        tensors = {"input": x, "input_h": h, "input_c": c}
        tensors["params"] = tf.constant(params)
        if lengths is None:
            made = raw.CudnnRNN(**tensors, **given)
        else:
            given["sequence_lengths"] = tf.constant(lengths)
            made = raw.CudnnRNNV3(**tensors, **given)
        return made[:3] if mode == "lstm" else made[:2]

    port = Port(tf.function(function).get_concrete_function(x, state, state))
    assert not port.hints
    return port


def layer(mode: str, weights: list[np.ndarray], backwards: bool = False) -> Any:
    kind = tf.keras.layers.LSTM if mode == "lstm" else tf.keras.layers.GRU
    made = kind(UNITS, return_sequences=True, return_state=True, go_backwards=backwards)
    made.build((None, TIME, INPUTS))
    kernel, recurrent, first, second = weights
    bias = first + second if mode == "lstm" else np.stack([first, second])
    made.set_weights([kernel, recurrent, bias])
    return made


# Keras turns a padded sequence around by another rule than cuDNN.
@pytest.mark.parametrize(
    ("directions", "lengths"),
    [(1, None), (1, LENGTHS), (2, None)],
    ids=["forward", "lengths", "both"],
)
@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_cudnn_rnn(mode: str, directions: int, lengths: Any) -> None:
    # Keras's LSTM has cuDNN's order i, f, c, o; its GRU z, r, h against r, z, h.
    order = [0, 1, 2, 3] if mode == "lstm" else [1, 0, 2]
    weights = [arrays(len(order), seed) for seed in range(directions)]
    port = ported(mode, buffer(weights, order), directions, lengths)
    random = np.random.default_rng(9)
    x = random.standard_normal((TIME, BATCH, INPUTS)).astype("float32")
    states = random.standard_normal((2, directions, BATCH, UNITS)).astype("float32")
    got = port(*map(torch.from_numpy, (x, states[0], states[1])))
    batch_major = x.transpose(1, 0, 2)
    mask = None if lengths is None else np.arange(TIME) < lengths[:, None]
    for k in range(directions):
        keras = layer(mode, weights[k], backwards=k == 1)
        initial = [states[0][k], states[1][k]] if mode == "lstm" else [states[0][k]]
        y, *last = keras(batch_major, mask=mask, initial_state=initial)
        y = np.asarray(y)[:, :: -1 if k else 1]
        if mask is not None:
            y = y * mask[..., None]
        ours = got[0][..., k * UNITS : (k + 1) * UNITS].detach().numpy()
        np.testing.assert_allclose(ours.transpose(1, 0, 2), y, atol=2e-6)
        for state, want in zip(got[1:], last, strict=True):
            np.testing.assert_allclose(state[k].detach().numpy(), want, atol=2e-6)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_cudnn_rnn_backprop(mode: str, lengths: Any) -> None:
    """The gradient op in a traced training step, against Keras's gradients."""
    order = [0, 1, 2, 3] if mode == "lstm" else [1, 0, 2]
    weights = arrays(len(order), 3)
    params = buffer([weights], order)
    random = np.random.default_rng(9)
    x = random.standard_normal((TIME, BATCH, INPUTS)).astype("float32")
    states = random.standard_normal((2, 1, BATCH, UNITS)).astype("float32")
    upstream = random.standard_normal((TIME, BATCH, UNITS)).astype("float32")

    def function(x: Any, h: Any, c: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, h])
            named = {"input": x, "input_h": h, "input_c": c, "rnn_mode": mode}
            named["params"] = tf.constant(params)
            if lengths is None:
                made = raw.CudnnRNN(**named)
            else:
                made = raw.CudnnRNNV3(**named, sequence_lengths=tf.constant(lengths))
            loss = tf.reduce_sum(made[0] * upstream) + tf.reduce_sum(made[1])
        return tape.gradient(loss, [x, h])

    specs = [tf.TensorSpec(a.shape, tf.float32) for a in (x, *states)]
    port = Port(tf.function(function).get_concrete_function(*specs))
    assert not port.hints
    got = port(*map(torch.from_numpy, (x, states[0], states[1])))
    ends = np.full(BATCH, TIME) if lengths is None else lengths
    mask = np.arange(TIME) < ends[:, None]
    given = tf.constant(x.transpose(1, 0, 2)), tf.constant(states[0][0])
    keras = layer(mode, weights)
    with tf.GradientTape() as tape:
        tape.watch(given)
        initial = [given[1], states[1][0]] if mode == "lstm" else [given[1]]
        y, last, *_ = keras(given[0], mask=mask, initial_state=initial)
        y = y * mask[..., None].astype("float32") * upstream.transpose(1, 0, 2)
        loss = tf.reduce_sum(y) + tf.reduce_sum(last)
    by_input, by_state = tape.gradient(loss, given)
    ours = got[0].detach().numpy().transpose(1, 0, 2)
    np.testing.assert_allclose(ours, by_input, atol=5e-6)
    np.testing.assert_allclose(got[1][0].detach().numpy(), by_state, atol=5e-6)


def test_cudnn_buffer() -> None:
    """Gates out of a buffer and back, and the length of the buffer."""
    given = {"num_layers": 2, "num_units": UNITS, "input_size": INPUTS}
    given["direction"] = "bidirectional"

    def function(params: Any) -> Any:
        weights, biases = raw.CudnnRNNParamsToCanonicalV2(
            params=params, num_params_weights=32, num_params_biases=32, **given
        )
        again = raw.CudnnRNNCanonicalToParamsV2(weights=weights, biases=biases, **given)
        size = raw.CudnnRNNParamsSize(**given, T=tf.float32, S=tf.int32)
        return again, size, weights[5], biases[31]

    count = 2 * 8 * (UNITS * (INPUTS + UNITS) + UNITS * 3 * UNITS + 4 * UNITS) // 2
    spec = tf.TensorSpec([count], tf.float32)
    port = Port(tf.function(function).get_concrete_function(spec))
    assert not port.hints
    params = torch.arange(count, dtype=torch.float32)
    again, size, matrix, bias = port(params)
    assert size.tolist() == [count]
    assert torch.equal(again, params)
    first = UNITS * INPUTS * 4
    second = first + UNITS * UNITS
    assert torch.equal(matrix.flatten(), params[second : second + UNITS * UNITS])
    assert torch.equal(bias, params[-UNITS:])
