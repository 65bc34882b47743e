"""The second versions of Conv2D's gradients, which TensorFlow cannot run on a CPU.

They take a tensor where the first versions take its sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import torch

from tests.ops.runner import Port

IMAGE, FILTER = (2, 7, 8, 3), (3, 3, 3, 4)
WINDOW = {"strides": [1, 2, 2, 1], "padding": "SAME"}


def first(op: str, x: Any, w: Any, grad: Any) -> Any:
    if op == "Conv2DBackpropInput":
        given = {"input_sizes": tf.constant(IMAGE), "filter": w}
    else:
        given = {"input": x, "filter_sizes": tf.constant(FILTER)}
    return getattr(tf.raw_ops, op)(**given, out_backprop=grad, **WINDOW)


@pytest.mark.parametrize("op", ["Conv2DBackpropInput", "Conv2DBackpropFilter"])
def test_second_version(op: str) -> None:
    random = np.random.default_rng(0)
    shapes = (IMAGE, FILTER, (2, 4, 4, 4))
    arrays = [random.standard_normal(s).astype("float32") for s in shapes]

    def second(x: Any, w: Any, grad: Any) -> Any:
        given = {"input": x, "filter": w, "out_backprop": grad}
        return getattr(tf.raw_ops, f"{op}V2")(**given, **WINDOW)

    specs = [tf.TensorSpec(s, tf.float32) for s in shapes]
    port = Port(tf.function(second).get_concrete_function(*specs))
    assert not port.hints
    [got] = port(*map(torch.from_numpy, arrays))
    np.testing.assert_allclose(got.numpy(), first(op, *arrays), rtol=1e-5, atol=1e-5)
