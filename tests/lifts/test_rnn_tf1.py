"""TF1's dynamic_rnn: v1 loops, reference variables and TensorArrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.ops.runner import Port, to_torch

v1 = tf.compat.v1


@pytest.fixture(autouse=True)
def control_flow_v1() -> Iterator[None]:
    v1.disable_control_flow_v2()
    try:
        yield
    finally:
        v1.enable_control_flow_v2()


def cells() -> Any:
    from tf_keras.src.layers.rnn import legacy_cells

    return legacy_cells


def run(cell: Any, x: Any, **named: Any) -> Any:
    return v1.nn.dynamic_rnn(cell, x, dtype="float32", **named)


CASES: dict[str, tuple[Callable[[Any, Any, Any], Any], str]] = {
    "basic_lstm": (lambda c, x, n: run(c.BasicLSTMCell(4), x)[0], "nn.LSTM(3, 4"),
    "forget_bias": (
        lambda c, x, n: run(c.BasicLSTMCell(4, forget_bias=0.5), x)[1][0],
        "nn.LSTM(3, 4",
    ),
    "time_major": (
        lambda c, x, n: run(c.LSTMCell(4), x, time_major=True)[0],
        "nn.LSTM(3, 4)",
    ),
    "lengths": (
        lambda c, x, n: run(c.LSTMCell(4), x, sequence_length=n)[0],
        "nn.LSTMCell(3, 4)",
    ),
    "gru": (lambda c, x, n: run(c.GRUCell(4), x)[0], "for i in range("),
    "basic_rnn": (lambda c, x, n: run(c.BasicRNNCell(4), x)[1], "nn.RNN(3, 4"),
    "stacked": (
        lambda c, x, n: run(c.MultiRNNCell([c.LSTMCell(4), c.LSTMCell(5)]), x)[0],
        "nn.LSTM(4, hidden_size",
    ),
    "bidirectional": (
        lambda c, x, n: tf.concat(
            v1.nn.bidirectional_dynamic_rnn(
                c.LSTMCell(4), c.LSTMCell(4), x, dtype="float32"
            )[0],
            2,
        ),
        "nn.LSTM(3, 4, batch_first=True, bidirectional=True)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_dynamic_rnn(name: str, tmp_path: Path) -> None:
    build, text = CASES[name]
    random = np.random.default_rng(0)
    values = random.standard_normal((3, 7, 3)).astype("float32")
    lengths = np.int32([7, 2, 4])
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder("float32", [None, None, 3], "x")
        n = v1.placeholder("int32", [None], "n")
        y = build(cells(), x, n)
        session.run(v1.global_variables_initializer())
        for variable in v1.global_variables():
            variable.load(0.5 * random.standard_normal(variable.shape), session)
        want = session.run(y, {x: values, n: lengths})
        inputs = {"x": x, "n": n}
        v1.saved_model.simple_save(session, str(tmp_path / "model"), inputs, {"y": y})
    port = Port(str(tmp_path / "model"))
    assert not port.hints
    assert text in port.text, port.text
    given = {"x": to_torch(values, "float32"), "n": to_torch(lengths, "int32")}
    got = port.module(**given).detach().numpy()
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-5)
