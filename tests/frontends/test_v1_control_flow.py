"""Switch, Merge, Enter and Exit raised to Case and While, judged by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, nodes, normal, ops
from tests.frontends.interpreter import Interpreter
from tf2torch.ir.nodes import Case, While
from tf2torch.transpiler.frontends import Source, load

pytestmark = pytest.mark.usefixtures("v1_control_flow")

V1_OPS = {"Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond"}


def raised(
    path: Path,
    build: Callable[[], Mapping[str, Any]],
    *feeds: Mapping[str, Any],
) -> Source:
    """Save the graph of ``build`` and compare the Source with it for every feed."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph, v1.Session() as session:
        outputs = {k: tf.identity(t, name=k) for k, t in build().items()}
        session.run(v1.global_variables_initializer())
        v1.train.Saver(allow_empty=True).save(session, str(path / "net"))
        if not v1.global_variables():
            v1.train.export_meta_graph(str(path / "net.meta"), graph=graph)
        runs = [
            session.run(outputs, {f"{k}:0": v for k, v in feed.items()})
            for feed in feeds
        ]
    source = load(path / "net.meta", outputs=list(outputs))
    state = Interpreter()
    for feed, expected in zip(feeds, runs, strict=True):
        agrees(source, feed, expected, state)
    assert not V1_OPS & ops(source)
    return source


def inputs() -> tuple[Any, Any]:
    import tensorflow as tf

    v1 = tf.compat.v1
    x = v1.placeholder(tf.float32, (None, 3), name="x")
    return x, v1.placeholder(tf.int32, (), name="n")


FEEDS = [{"x": normal(2, 3), "n": np.int32(n)} for n in (0, 1, 5)]


def test_a_loop_with_an_array(tmp_path: Path) -> None:
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()
        w = v1.get_variable("w", (3, 3), use_resource=False)

        def body(i: Any, h: Any, array: Any) -> Any:
            h = tf.tanh(h @ w)
            return i + 1, h, array.write(i, h)

        array = tf.TensorArray(tf.float32, n, element_shape=(None, 3))
        _, h, array = v1.while_loop(lambda i, *_: i < n, body, (0, x, array))
        return {"last": h, "all": array.stack()}

    source = raised(tmp_path, build, *FEEDS[1:])
    (loop,) = nodes(source, While)
    assert "ReadVariableOp" in {n.op for n in loop.body.nodes() if hasattr(n, "op")}


def test_loops_in_loops_and_branches_in_both(tmp_path: Path) -> None:
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()

        def body(i: Any, h: Any) -> Any:
            inner = v1.while_loop(
                lambda j, a: j < i,
                lambda j, a: (j + 1, a * 0.5 + tf.cast(i - j, tf.float32)),
                (0, h),
            )[1]
            even = tf.equal(i % 2, 0)
            return i + 1, v1.cond(
                even,
                lambda: v1.cond(n > 3, lambda: inner + 1.0, lambda: inner - 1.0),
                lambda: inner * 2.0 + x,
            )

        h = v1.while_loop(lambda i, h: i < n, body, (0, x))[1]
        return {"y": h}

    source = raised(tmp_path, build, *FEEDS)
    assert len(nodes(source, While)) == 2
    assert len(nodes(source, Case)) == 2


def test_a_loop_in_a_branch(tmp_path: Path) -> None:
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()

        def loop() -> Any:
            return v1.while_loop(
                lambda i, h: i < n, lambda i, h: (i + 1, tf.sin(h)), (0, x * 2.0)
            )[1]

        return {"y": v1.cond(n > 1, loop, lambda: x)}

    raised(tmp_path, build, *FEEDS)


def test_conditionals_share_and_follow_a_predicate(tmp_path: Path) -> None:
    """Two results of one cond, then a second cond on the same predicate over them."""
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()
        big = n > 3
        a, b = v1.cond(big, lambda: (x + 1.0, x * 2.0), lambda: (x - 1.0, x))
        c = v1.cond(big, lambda: a * b, lambda: a + b)
        d = v1.cond(big, lambda: tf.constant(1.0), lambda: tf.reduce_sum(x))
        return {"a": a, "b": b, "c": c, "d": d}

    source = raised(tmp_path, build, *FEEDS)
    assert len(nodes(source, Case)) <= 3


def test_which_branch_ran(tmp_path: Path) -> None:
    """Merge's second result; its inputs may stand in either order."""
    import tensorflow as tf

    def build() -> dict[str, Any]:
        x, n = inputs()
        no, yes = tf.raw_ops.Switch(data=x, pred=n > 3)
        merged = tf.raw_ops.Merge(inputs=[yes * 2.0, no - 1.0])
        return {"y": merged.output, "index": merged.value_index}

    raised(tmp_path, build, *FEEDS)


def test_a_switch_case_of_three(tmp_path: Path) -> None:
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()
        pairs = [(tf.equal(n, 0), lambda: x), (tf.equal(n, 1), lambda: x * 3.0)]
        return {"y": v1.case(pairs, default=lambda: -x, exclusive=True)}

    raised(tmp_path, build, *FEEDS)


def test_assignments_in_branches_and_loops(tmp_path: Path) -> None:
    """State changes only on the side that runs, once per round."""
    import tensorflow as tf

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()
        zeros = v1.zeros_initializer()
        hits = v1.get_variable("hits", (), initializer=zeros, use_resource=True)
        rounds = v1.get_variable("rounds", (), initializer=zeros, use_resource=True)

        def hit() -> Any:
            with tf.control_dependencies([hits.assign_add(1.0)]):
                return tf.identity(x)

        def body(i: Any, h: Any) -> Any:
            with tf.control_dependencies([rounds.assign_add(1.0)]):
                return i + 1, h + 1.0

        y = v1.cond(n > 3, hit, lambda: -x)
        z = v1.while_loop(lambda i, h: i < n, body, (0, y))[1]
        with tf.control_dependencies([z]):
            return {"y": z, "hits": hits.read_value(), "rounds": rounds.read_value()}

    source = raised(tmp_path, build, *FEEDS, *FEEDS)
    kinds = [type(e).__name__ for e in source.graph.effects]
    assert kinds == ["Case", "While", "Op", "Op"]


def test_a_recurrent_network_of_tf1(tmp_path: Path) -> None:
    """dynamic_rnn: TensorArrays, sequence lengths, weights made inside the loop."""
    import tensorflow as tf
    import tf_keras

    v1 = tf.compat.v1

    def build() -> dict[str, Any]:
        x, n = inputs()
        steps = tf.tile(x[:, None], (1, 4, 1)) * tf.reshape(tf.range(4.0), (1, 4, 1))
        lengths = tf.fill(tf.shape(x)[:1], tf.minimum(n, 4))
        cell = tf_keras.layers.SimpleRNNCell(3)
        sequence, last = v1.nn.dynamic_rnn(cell, steps, lengths, dtype=tf.float32)
        return {"sequence": sequence, "last": last}

    source = raised(tmp_path, build, *FEEDS[1:])
    assert len(source.variables) == 3
