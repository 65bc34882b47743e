"""Frozen graphs: ends, cuts, parameters, leftovers of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, nodes, normal, ops
from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Variable
from tf2torch.transpiler.frontends import load


def frozen(
    path: Path,
    build: Callable[[], Any],
    outputs: Sequence[str],
    feed: dict[str, Any],
    clean: bool = False,
) -> list[Any]:
    """Freeze what ``build`` makes into ``path``; TensorFlow's values of ``outputs``."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph, v1.Session() as session:
        build()
        session.run(v1.global_variables_initializer())
        names = [name.split(":")[0] for name in outputs]
        definition = v1.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), names
        )
        if clean:
            definition = v1.graph_util.remove_training_nodes(definition, names)
        path.write_bytes(definition.SerializeToString())
        tensors = [n if ":" in n else f"{n}:0" for n in outputs]
        feeds = {k if ":" in k else f"{k}:0": v for k, v in feed.items()}
        return list(session.run(tensors, feeds))


def network() -> None:
    """Conv, BatchNorm by phase_train, dropout by keep_prob, Assert, embedding."""
    import tensorflow as tf

    v1 = tf.compat.v1
    image = v1.placeholder(tf.float32, (None, 6, 6, 3), name="image")
    keep = v1.placeholder_with_default(1.0, (), name="keep_prob")
    phase = v1.placeholder(tf.bool, (), name="phase_train")
    mean = tf.constant([0.1, 0.2, 0.3], name="channel_mean")
    x = image - mean
    kernel = v1.get_variable("conv/kernel", (3, 3, 3, 4))
    x = tf.nn.conv2d(x, kernel, 1, "SAME")
    gamma, beta = v1.get_variable("bn/gamma", 4), v1.get_variable("bn/beta", 4)
    average = v1.get_variable("bn/moving_mean", 4, trainable=False)
    variance = tf.abs(v1.get_variable("bn/moving_variance", 4)) + 1.0
    chosen = v1.cond(
        phase, lambda: tf.nn.moments(x, (0, 1, 2)), lambda: (average, variance)
    )
    x = tf.nn.batch_normalization(x, *chosen, beta, gamma, 1e-3)
    with tf.control_dependencies([v1.assert_greater(tf.shape(x)[0], 0)]):
        x = tf.reduce_mean(x, (1, 2)) * keep
    scores = x @ v1.get_variable("fc/w", (4, 5)) + v1.get_variable("fc/b", 5)
    tf.identity(scores, name="scores")


@pytest.mark.usefixtures("v1_control_flow")
@pytest.mark.parametrize("phase", [True, False])
def test_ends_are_found(tmp_path: Path, phase: bool) -> None:
    path, feed = tmp_path / "net.pb", {"image": normal(2, 6, 6, 3)}
    feed["phase_train"] = np.bool_(phase)
    (expected,) = frozen(path, network, ["scores"], feed)
    source = load(path)
    assert [s.tensor for s in source.inputs] == ["image:0", "phase_train:0"]
    assert [s.tensor for s in source.outputs] == ["scores:0"]
    agrees(source, feed, {"scores": expected})
    assert not {"Assert", "Switch", "Merge"} & ops(source)


@pytest.mark.usefixtures("v1_control_flow")
def test_a_default_gives_way_to_a_named_input(tmp_path: Path) -> None:
    path, image = tmp_path / "net.pb", normal(2, 6, 6, 3)
    feed = {"image": image, "keep_prob": np.float32(0.5), "phase_train": False}
    (expected,) = frozen(path, network, ["scores"], feed)
    source = load(path, inputs=["image", "keep_prob"], outputs=["scores"])
    assert [s.name for s in source.inputs] == ["image", "keep_prob", "phase_train"]
    agrees(source, feed, {"scores": expected})


@pytest.mark.usefixtures("v1_control_flow")
def test_weights_are_variables_again(tmp_path: Path) -> None:
    path, feed = tmp_path / "net.pb", {"image": normal(2, 6, 6, 3)}
    frozen(path, network, ["scores"], {**feed, "phase_train": False})
    source = load(path)
    trainable = {info.name: info.trainable for info in source.variables}
    assert trainable == {
        "conv/kernel": True,
        "bn/gamma": True,
        "bn/beta": True,
        "bn/moving_mean": False,
        "bn/moving_variance": False,
        "fc/w": True,
        "fc/b": True,
    }
    assert all(info.key == info.name for info in source.variables)


def test_weights_are_found_without_their_reads(tmp_path: Path) -> None:
    """An optimiser that strips Identities leaves only the places of the weights."""
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> None:
        x = v1.placeholder(tf.float32, (None, 4), name="x")
        w = v1.get_variable("w", (4, 4), use_resource=False)
        scale = v1.get_variable("scale", 4, use_resource=False)
        ids = tf.cast(x[:, 0] > 0, tf.int32)
        table = v1.get_variable("table", (2, 4), use_resource=False)
        y = (x @ w) * scale + 3.0 + tf.gather(table, ids)
        tf.identity(y, name="y")

    x = normal(3, 4)
    expected = frozen(tmp_path / "net.pb", build, ["y"], {"x": x}, clean=True)
    source = load(tmp_path / "net.pb")
    assert "ReadVariableOp" in ops(source)
    assert {info.name for info in source.variables} == {"w", "scale", "table"}
    agrees(source, {"x": x}, {spec.name: expected[0] for spec in source.outputs})


@pytest.mark.usefixtures("v1_control_flow")
def test_a_graph_can_be_cut_anywhere(tmp_path: Path) -> None:
    """What an input queue computed becomes an argument."""
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> None:
        queue = tf.queue.FIFOQueue(4, [tf.float32, tf.int32], [(2,), ()], name="queue")
        x, label = queue.dequeue_many(3, name="batch")
        h = tf.identity(x * 2.0, name="hidden")
        w = v1.get_variable("w", (2, 2))
        tf.add(h @ w, tf.cast(label, tf.float32)[:, None], name="y")

    path = tmp_path / "net.pb"
    hidden, labels = normal(3, 2), np.int32([1, 2, 3])
    feed = {"hidden": hidden, "batch:1": labels}
    (expected,) = frozen(path, build, ["y"], feed)
    source = load(path, inputs=["hidden", "batch:1"], outputs=["y"])
    assert [s.name for s in source.inputs] == ["hidden", "batch_1"]
    agrees(source, {"hidden": hidden, "batch_1": labels}, {"y": expected})
    whole = load(path)
    assert [s.tensor for s in whole.inputs] == ["batch:0", "batch:1"]
    agrees(whole, {"batch": hidden / 2, "batch_1": labels}, {"y": expected})


@pytest.mark.usefixtures("v1_control_flow")
def test_unknown_tensors_are_named_with_close_ones(tmp_path: Path) -> None:
    path = tmp_path / "net.pb"
    feed = {"image": normal(1, 6, 6, 3), "phase_train": False}
    frozen(path, network, ["scores"], feed)
    with pytest.raises(SourceError, match="no tensor 'score'; there are: scores"):
        load(path, outputs=["score"])
    with pytest.raises(SourceError, match=r"scores has 1 result\(s\)"):
        load(path, outputs=["scores:1"])
    with pytest.raises(SourceError, match="has no signatures"):
        load(path, signature="serving_default")


def test_text_form(tmp_path: Path) -> None:
    import tensorflow as tf

    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, None, name="x")
        tf.nn.relu(x, name="y")
    path = tmp_path / "net.pbtxt"
    path.write_text(str(graph.as_graph_def()))
    source = load(path)
    assert source.graph.inputs[0].shape is None
    x_value = normal(2, 3)
    agrees(source, {"x": x_value}, {"y": np.maximum(x_value, 0)})
    assert not nodes(source, Variable)
