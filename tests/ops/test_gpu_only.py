"""Ops whose kernels TensorFlow has for GPUs only, against equal ops on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import torch

from tests.ops.runner import Port

raw = tf.raw_ops
RANDOM = np.random.default_rng(5)
REAL = RANDOM.standard_normal((2, 5, 6, 4)).astype("float32")
COMPLEX = (REAL + 1j * RANDOM.standard_normal(REAL.shape)).astype("complex64")


def ported(function: Callable[..., Any], *arrays: np.ndarray) -> list[Any]:
    """What the port of ``function`` gives; the batch is not static."""
    specs = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in arrays]
    port = Port(tf.function(function).get_concrete_function(*specs))
    assert not port.hints
    return port(*map(torch.from_numpy, arrays))


@pytest.mark.parametrize(
    ("op", "reference"),
    [("FFTND", np.fft.fftn), ("IFFTND", np.fft.ifftn), ("RFFTND", np.fft.rfftn)]
    + [("IRFFTND", np.fft.irfftn)],
)
@pytest.mark.parametrize("axes", [[1, 2], [3, 1], [2]])
@pytest.mark.parametrize("longer", [-1, 0, 2])
def test_fft_along_axes(op: str, reference: Any, axes: list[int], longer: int) -> None:
    x = REAL if op == "RFFTND" else COMPLEX
    sizes = [x.shape[a] + longer for a in axes]
    (got,) = ported(lambda x: getattr(raw, op)(input=x, fft_length=sizes, axes=axes), x)
    want = reference(x, sizes, axes)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("with_batch", [False, True])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_second_gradient_of_max_pool(padding: str, with_batch: bool) -> None:
    window = {"ksize": [1, 3, 2, 1], "strides": [1, 2, 2, 1], "padding": padding}
    grad = RANDOM.standard_normal(REAL.shape).astype("float32")
    y, places = raw.MaxPoolWithArgmax(
        input=REAL, **window, include_batch_in_index=with_batch
    )
    want = raw.MaxPoolGradGrad(orig_input=REAL, orig_output=y, grad=grad, **window)
    (got,) = ported(
        lambda x, g, p: raw.MaxPoolGradGradWithArgmax(
            input=x, grad=g, argmax=p, **window, include_batch_in_index=with_batch
        ),
        REAL,
        grad,
        places.numpy(),
    )
    np.testing.assert_array_equal(got.numpy(), want)
