"""Means and variances of frozen graphs are told by the formula, not by names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import tf2torch

CHANNELS = 5


def vectors(count: int) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.uniform(0.5, 2.0, CHANNELS).astype("float32") for _ in range(count)]


def frozen(path: Path, shaped: bool, trained: bool) -> np.ndarray:
    """``trained``: the mean is added as well, so that it is none."""
    import tensorflow as tf

    image = np.random.default_rng(1).normal(size=(2, 4, 4, 3)).astype("float32")
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, 4, 4, 3], name="a0")
        kernel = np.random.default_rng(2).normal(size=(3, 3, 3, CHANNELS))
        y = tf.nn.conv2d(x, tf.constant(kernel.astype("float32")), 1, "SAME")
        form = (1, 1, 1, CHANNELS) if shaped else (CHANNELS,)
        mean, var, gamma, beta = (
            tf.constant(v.reshape(form), name=f"q{i}") for i, v in enumerate(vectors(4))
        )
        scale = tf.math.rsqrt(var + 1e-3) * gamma
        shift = beta + mean * scale if trained else beta - mean * scale
        result = tf.identity(y * scale + shift, name="z9")
        path.write_bytes(graph.as_graph_def().SerializeToString())
        found: np.ndarray = session.run(result, {x: image})
    return found


def port_of(path: Path) -> tf2torch.Port:
    return tf2torch.convert(path, inputs=["a0:0"], outputs=["z9:0"], verify=False)


@pytest.mark.parametrize("shaped", [False, True])
def test_statistics_make_a_batch_norm(tmp_path: Path, shaped: bool) -> None:
    wanted = frozen(tmp_path / "graph.pb", shaped, trained=False)
    port = port_of(tmp_path / "graph.pb")
    assert "nn.BatchNorm2d(5, eps=1e-3" in port.source
    image = np.random.default_rng(1).normal(size=(2, 4, 4, 3)).astype("float32")
    found = port.module(torch.from_numpy(image)).detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    assert any(key.endswith("running_mean") for key in port.module.state_dict())


def test_what_is_added_is_no_mean(tmp_path: Path) -> None:
    wanted = frozen(tmp_path / "graph.pb", True, trained=True)
    port = port_of(tmp_path / "graph.pb")
    assert "BatchNorm" not in port.source
    image = np.random.default_rng(1).normal(size=(2, 4, 4, 3)).astype("float32")
    found = port.module(torch.from_numpy(image)).detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
