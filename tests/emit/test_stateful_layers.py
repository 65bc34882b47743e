"""Recurrent layers that go on where the call before has ended."""

from __future__ import annotations

import numpy as np
import tf_keras

import tf2torch


def test_state_goes_on_from_call_to_call() -> None:
    """Keras 2 counts the states of stateful layers to no weights."""
    import torch

    tf_keras.utils.set_random_seed(0)
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            tf_keras.Input(batch_shape=(2, 4, 3)),
            layers.LSTM(5, stateful=True, return_sequences=True),
            layers.GRU(3, stateful=True),
        ]
    )
    port = tf2torch.convert(model, verify=False)
    assert "nn.LSTM(" in port.source and "nn.GRU(" in port.source
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(2, 4, 3)).astype("float32")
        found = port.module(torch.from_numpy(x)).detach()
        np.testing.assert_allclose(found, model(x), rtol=1e-5, atol=1e-6)
