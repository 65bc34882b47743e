"""CTCLossV2, which TensorFlow cannot run on a CPU, is CTCLoss with the blank moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import torch

from tests.ops.cases_ctc import INDICES, LENGTHS, VALUES
from tests.ops.runner import Port


def loss(op: str, x: Any, values: np.ndarray) -> Any:
    return getattr(tf.raw_ops, op)(
        inputs=x,
        labels_indices=tf.constant(INDICES),
        labels_values=tf.constant(values),
        sequence_length=tf.constant(LENGTHS),
    )


def test_ctc_loss_v2() -> None:
    x = np.random.default_rng(0).standard_normal((7, 4, 5)).astype("float32")
    spec = tf.TensorSpec(x.shape, tf.float32)
    second = tf.function(lambda x: loss("CTCLossV2", x, VALUES))
    port = Port(second.get_concrete_function(spec))
    assert not port.hints
    got, grad = port(torch.from_numpy(x))
    want, want_grad = loss("CTCLoss", np.roll(x, -1, 2), VALUES - 1)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-5)
    np.testing.assert_allclose(grad.numpy(), np.roll(want_grad, 1, 2), atol=1e-5)
