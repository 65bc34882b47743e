"""count_loops, stack_lists, raise_tensor_arrays, append_in_place on traced loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tf2torch.ir.build import ints_of, sizes_of
from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Call, For, Op, While
from tf2torch.rules import all_rules
from tf2torch.transpiler import frontends
from tf2torch.transpiler.passes.append_in_place import append_in_place
from tf2torch.transpiler.passes.cancel_pairs import cancel_pairs
from tf2torch.transpiler.passes.count_loops import count_loops
from tf2torch.transpiler.passes.infer_types import infer_types
from tf2torch.transpiler.passes.lower import lower
from tf2torch.transpiler.passes.raise_tensor_arrays import raise_tensor_arrays
from tf2torch.transpiler.passes.stack_lists import stack_lists

X = tf.TensorSpec([None, None, 3], name="x")


def traced(function: Callable[..., Any], *specs: tf.TensorSpec) -> Graph:
    concrete = tf.function(function).get_concrete_function(*specs or (X,))
    return infer_types(raise_tensor_arrays(frontends.load(concrete).graph))


def the_loop(graph: Graph) -> For | While:
    (loop,) = (n for n in graph.nodes() if isinstance(n, (For, While)))
    return loop


def test_two_bounds_and_two_counters_are_one_range() -> None:
    def function(x):
        return tf.while_loop(
            lambda i, y: i < tf.shape(x)[1],
            lambda i, y: (i + 1, y + x[:, i]),
            (0, x[:, 0]),
            maximum_iterations=tf.shape(x)[1],
        )[1]

    loop = the_loop(count_loops(traced(function)))
    assert isinstance(loop, For)
    assert ints_of(loop.start) == (0,) and str(sizes_of(loop.stop)) == "(x_1,)"
    changing = zip(loop.body.inputs[1:], loop.body.results, strict=True)
    assert sum(v is not r for v, r in changing) == 1


def test_a_loop_that_starts_later_keeps_its_start() -> None:
    def function(x):
        return tf.while_loop(
            lambda i, y: i <= 5, lambda i, y: (i + 1, y * 2.0), (2, x)
        )[1]

    loop = the_loop(count_loops(traced(function)))
    assert isinstance(loop, For)
    assert (ints_of(loop.start), ints_of(loop.stop)) == ((2,), (6,))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda i, n, y: (i + 2, n, y), id="step_of_two"),
        pytest.param(lambda i, n, y: (i + 1, n - 1, y), id="bound_changes"),
        pytest.param(lambda i, n, y: (i * 2 + 1, n, y), id="no_counter"),
    ],
)
def test_other_loops_stay(body: Callable[..., Any]) -> None:
    def function(x, n):
        return tf.while_loop(lambda i, n, y: i < n, body, (0, n, x))[2]

    graph = count_loops(traced(function, X, tf.TensorSpec([], tf.int32)))
    loops = [n for n in graph.nodes() if isinstance(n, (For, While))]
    assert all(isinstance(loop, While) for loop in loops)


def running_sums(x):
    rows = tf.transpose(x, [1, 0, 2])
    count = tf.shape(rows)[0]
    ys = tf.TensorArray(tf.float32, count)
    total = tf.zeros_like(rows[0])
    for i in tf.range(count):
        total += rows[i]
        ys = ys.write(i, total)
    return ys.stack()


def test_a_list_written_in_order_is_appended_to() -> None:
    graph = stack_lists(count_loops(traced(running_sums)))
    ops = [n.op for n in every_node(graph) if isinstance(n, Op)]
    assert "EmptyTensorList" in ops and "TensorListPushBack" in ops
    assert "TensorListReserve" not in ops and "TensorListSetItem" not in ops
    lowered, hints = lower(cancel_pairs(graph), all_rules())
    assert not hints
    calls = [
        n.func for n in every_node(append_in_place(lowered)) if isinstance(n, Call)
    ]
    assert ".append" in calls and "torch.stack" in calls
    assert not {"helper.appended", "helper.stacked"} & set(calls)


def test_a_list_written_from_the_end_is_not() -> None:
    def function(x):
        ys = tf.TensorArray(tf.float32, 4)
        for i in tf.range(4):
            ys = ys.write(3 - i, x[:, i])
        return ys.stack()

    graph = stack_lists(count_loops(traced(function)))
    ops = [n.op for n in every_node(graph) if isinstance(n, Op)]
    assert "TensorListSetItem" in ops and "TensorListPushBack" not in ops


def test_elements_have_the_sizes_that_were_put_in() -> None:
    graph = traced(running_sums)
    (stack,) = (
        n for n in graph.nodes() if isinstance(n, Op) and n.op == "TensorListStack"
    )
    assert str(stack.type) == "f32[x_1, batch, 3]"


def test_v1_arrays_are_lists() -> None:
    v1 = tf.compat.v1
    v1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default() as graph:
            x = v1.placeholder("float32", [None, 4, 3], "x")
            rows = tf.TensorArray(tf.float32, 4).unstack(tf.transpose(x, [1, 0, 2]))
            made = tf.TensorArray(tf.float32, 4)
            _, made = v1.while_loop(
                lambda i, ta: i < 4,
                lambda i, ta: (i + 1, ta.write(i, rows.read(i) * 2.0)),
                (0, made),
            )
            tf.identity(made.stack(), "y")
        definition = graph.as_graph_def()
    finally:
        v1.enable_control_flow_v2()
    ops = {n.op for n in _graph_of(definition)}
    assert not {op for op in ops if op.startswith("TensorArray")}
    assert {"TensorListFromTensor", "TensorListGetItem"} <= ops


def _graph_of(definition: Any) -> list[Op]:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.pb"
        path.write_bytes(definition.SerializeToString())
        source = frontends.load(str(path), inputs=["x:0"], outputs=["y:0"])
    graph = raise_tensor_arrays(source.graph)
    return [n for n in every_node(graph) if isinstance(n, Op)]
