"""Graphs saved with their training half: phase_train, queues, gradients, bad shapes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, normal, ops
from tests.frontends.interpreter import Interpreter
from tf2torch.transpiler.frontends import Source, load

IMAGES = normal(3, 4, 4, 2)


@pytest.fixture(params=["v1", "v2"])
def control_flow(request: pytest.FixtureRequest) -> Iterator[str]:
    """Switch and Merge, or If with a function per branch."""
    import tensorflow as tf

    v1 = tf.compat.v1
    (v1.disable_control_flow_v2 if request.param == "v1" else lambda: None)()
    yield request.param
    v1.enable_control_flow_v2()


def slim_norm(x: Any, phase: Any, fused: bool) -> Any:
    """slim.batch_norm with a tensor as is_training."""
    import tensorflow as tf

    v1 = tf.compat.v1
    width, axes = x.shape[-1], list(range(len(x.shape) - 1))
    beta = v1.get_variable("beta", width)
    mean = v1.get_variable("moving_mean", width, trainable=False)
    ones = v1.ones_initializer()
    variance = v1.get_variable("moving_variance", width, None, ones, trainable=False)
    if fused:
        gamma = tf.ones(width)
        x, batch, _ = v1.cond(
            phase,
            lambda: v1.nn.fused_batch_norm(x, gamma, beta),
            lambda: v1.nn.fused_batch_norm(
                x, gamma, beta, mean, variance, is_training=False
            ),
        )
        update = v1.assign_sub(mean, (mean - batch) * 0.1)
        v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, update)
        return x
    moments = tf.nn.moments(x, axes)
    chosen = v1.cond(
        phase,
        lambda: [tf.identity(m) for m in moments],
        lambda: [tf.identity(mean), tf.identity(variance)],
    )
    return tf.nn.batch_normalization(x, *chosen, beta, None, 1e-3)


def queued() -> Any:
    """A batch decoded by an input queue, with a name to be fed by."""
    import tensorflow as tf

    v1 = tf.compat.v1
    names = v1.placeholder(tf.string, (None,), name="image_paths")
    size = v1.placeholder(tf.int32, (), name="batch_size")
    queue = v1.FIFOQueue(8, [tf.string], [()], name="input_queue")
    queue.enqueue_many([names], name="enqueue")
    image = tf.image.decode_image(tf.io.read_file(queue.dequeue()), channels=2)
    image = v1.random_crop(tf.cast(image, tf.float32), (4, 4, 2))
    batch = v1.train.batch_join(
        [[image], [image + 1.0]], size, allow_smaller_final_batch=True
    )
    return tf.identity(batch, name="input")


def network(fused: bool = True) -> Any:
    """As face recognisers were written: queue, Assert, conv, norm, dropout, unit."""
    import tensorflow as tf

    v1 = tf.compat.v1
    phase = v1.placeholder(tf.bool, name="phase_train")
    x = queued()
    with tf.control_dependencies([v1.assert_greater(tf.shape(x)[0], 0)]):
        x = tf.identity(x)
    kernel = v1.get_variable("weights", (3, 3, 2, 4))
    x = tf.nn.relu(slim_norm(tf.nn.conv2d(x, kernel, 1, "SAME"), phase, fused))
    x = tf.reduce_mean(x, (1, 2))
    x = v1.cond(phase, lambda: x * 0.5 * 2.0, lambda: tf.identity(x))
    with v1.variable_scope("bottleneck"):
        x = slim_norm(x @ v1.get_variable("w", (4, 3)), phase, False)
    return tf.nn.l2_normalize(x, 1, 1e-10, name="embeddings")


def trained(folder: Path, fused: bool = True) -> dict[bool, np.ndarray]:
    """Save network, loss, gradients and optimizer; the embeddings in either phase."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        embeddings = network(fused)
        rate = v1.placeholder(tf.float32, name="learning_rate")
        with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            v1.train.AdagradOptimizer(rate).minimize(tf.reduce_sum(embeddings[:, 0]))
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(folder / "model"))
        return {
            phase: session.run(embeddings, {"input:0": IMAGES, "phase_train:0": phase})
            for phase in (False, True)
        }


def check(source: Source, expected: dict[bool, np.ndarray]) -> None:
    flags = {"phase_train": False}
    (images,) = (s.name for s in source.inputs if s.name not in flags)
    for phase, value in expected.items():
        feed = {"phase_train": np.bool_(phase), images: IMAGES}
        agrees(source, feed, {"embeddings": value}, Interpreter())


@pytest.mark.parametrize("fused", [True, False])
def test_the_forward_half_is_found(
    tmp_path: Path, control_flow: str, fused: bool
) -> None:
    """What only the gradients wanted, and what only the queue waits for, is gone."""
    expected = trained(tmp_path, fused)
    source = load(tmp_path / "model.meta", outputs=["embeddings"])
    assert [s.tensor for s in source.inputs] == ["phase_train:0", "batch_join:0"]
    unwanted = ("Optional", "Assert", "Queue", "Decode", "Assign", "Adagrad")
    assert not [op for op in ops(source) if any(word in op for word in unwanted)]
    check(source, expected)


def test_shapes_that_newer_versions_reject(tmp_path: Path, control_flow: str) -> None:
    from tensorflow.core.protobuf import meta_graph_pb2

    expected = trained(tmp_path)
    path = tmp_path / "model.meta"
    meta = meta_graph_pb2.MetaGraphDef.FromString(path.read_bytes())
    for node in meta.graph_def.node:
        shapes = node.attr["_output_shapes"].list
        del shapes.shape[:]
        shapes.shape.add().dim.add().size = 7
    path.write_bytes(meta.SerializeToString())
    check(load(path, inputs=["phase_train", "input"], outputs=["embeddings"]), expected)


def test_a_loop_forgets_what_its_gradient_wanted(tmp_path: Path) -> None:
    """Accumulators of a while loop, and counters that nobody reads."""
    import tensorflow as tf

    from tests.frontends.compare import nodes
    from tf2torch.ir.nodes import While

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, (None, 3), name="x")
        w = v1.get_variable("w", (3, 3))
        _, y, _ = tf.while_loop(
            lambda i, y, seen: i < 3,
            lambda i, y, seen: (i + 1, tf.tanh(y @ w), seen + tf.reduce_sum(y)),
            (0, x, 0.0),
        )
        y = tf.identity(y, name="y")
        v1.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(tmp_path / "model"))
        feed = {"x": IMAGES[0, :, :, 0][:, :3]}
        expected = session.run(y, {"x:0": feed["x"]})
    source = load(tmp_path / "model.meta", outputs=["y"])
    (loop,) = nodes(source, While)
    assert len(loop.inputs) == 2 and not [o for o in ops(source) if "List" in o]
    agrees(source, feed, {"y": expected})
