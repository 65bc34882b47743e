"""Scopes that tf.nn functions open are no blocks of the model."""

from __future__ import annotations

import re

import numpy as np
import torch

import tf2torch
from bench.growth import residual


def test_batchnorm_of_tf_nn_makes_no_class() -> None:
    module = residual(4)
    function = module.__call__.get_concrete_function()
    port = tf2torch.convert(function, verify=False)
    assert len(re.findall("^class ", port.source, re.MULTILINE)) == 2
    assert "Batchnorm" not in port.source
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
    found = port.module(torch.from_numpy(x)).detach()
    np.testing.assert_allclose(found, module(x), rtol=1e-3, atol=1e-4)
