"""Graphs that are large, deep or made to hurt."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.frontends.compare import nodes
from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends import build, load


def graph_def() -> Any:
    from tensorflow.core.framework import graph_pb2

    return graph_pb2.GraphDef()


def add(graph: Any, name: str, op: str, *inputs: str, **dtypes: int) -> None:
    node = graph.node.add(name=name, op=op, input=list(inputs))
    for key, value in dtypes.items():
        node.attr[key].type = value


def write(path: Path, graph: Any) -> Path:
    path.write_bytes(graph.SerializeToString())
    return path


def test_fifty_thousand_nodes_in_a_row(tmp_path: Path) -> None:
    """Deeper than Python's stack, and linear: seconds, not minutes."""
    graph = graph_def()
    add(graph, "x", "Placeholder", dtype=1)
    last = "x"
    for i in range(50_000):
        add(graph, f"n{i}", "Relu", last, T=1)
        last = f"n{i}"
    path = write(tmp_path / "deep.pb", graph)
    started = time.perf_counter()
    source = load(path)
    assert time.perf_counter() - started < 30
    assert len(source.graph.nodes()) == 50_001


def library(graph: Any, calls: dict[str, list[str]]) -> None:
    """Functions that only call each other: name → the functions that it calls."""
    for name, called in calls.items():
        function = graph.library.function.add()
        function.signature.name = name
        function.signature.input_arg.add(name="x", type=1)
        function.signature.output_arg.add(name="y", type=1)
        last = "x"
        for i, target in enumerate(called):
            node = function.node_def.add(
                name=f"c{i}", op="PartitionedCall", input=[last]
            )
            node.attr["f"].func.name = target
            node.attr["Tin"].list.type.append(1)
            node.attr["Tout"].list.type.append(1)
            last = f"c{i}:output:0"
        function.ret["y"] = last


def call(graph: Any, function: str) -> None:
    add(graph, "x", "Placeholder", dtype=1)
    node = graph.node.add(name="y", op="PartitionedCall", input=["x"])
    node.attr["f"].func.name = function
    node.attr["Tin"].list.type.append(1)
    node.attr["Tout"].list.type.append(1)


def test_functions_nested_deeper_than_the_stack(tmp_path: Path) -> None:
    graph = graph_def()
    depth = 3000
    chain = {f"f{i}": [f"f{i + 1}"] for i in range(depth)}
    library(graph, {**chain, f"f{depth}": []})
    call(graph, "f0")
    source = load(write(tmp_path / "deep.pb", graph))
    assert source.graph.results[0] is source.graph.inputs[0]


def test_functions_that_double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MAX_NODES", 10_000)
    graph = graph_def()
    library(graph, {**{f"f{i}": [f"f{i + 1}"] * 2 for i in range(60)}, "f60": []})
    call(graph, "f0")
    with pytest.raises(SourceError, match="more than 10,000 nodes"):
        load(write(tmp_path / "bomb.pb", graph))


def test_recursion_stays_a_call(tmp_path: Path) -> None:
    graph = graph_def()
    library(graph, {"f": ["g"], "g": ["f"]})
    call(graph, "f")
    source = load(write(tmp_path / "recursive.pb", graph))
    (left,) = nodes(source, "PartitionedCall")
    assert left.attrs["f"].name == "f"


def test_damage_is_named(tmp_path: Path) -> None:
    graph = graph_def()
    add(graph, "a", "Relu", "b", T=1)
    add(graph, "b", "Relu", "a", T=1)
    add(graph, "y", "Relu", "a", T=1)
    with pytest.raises(SourceError, match="has a cycle"):
        load(write(tmp_path / "cycle.pb", graph), outputs=["y"])
    graph = graph_def()
    add(graph, "y", "Relu", "nowhere", T=1)
    with pytest.raises(SourceError, match="'nowhere', which the graph does not hold"):
        load(write(tmp_path / "gap.pb", graph))
    graph = graph_def()
    call(graph, "missing")
    with pytest.raises(SourceError, match="function 'missing' is called"):
        load(write(tmp_path / "function.pb", graph))
    graph = graph_def()
    add(graph, "x", "Placeholder", dtype=1)
    add(graph, "y", "Relu", "x", T=987)
    with pytest.raises(SourceError, match="unknown dtype number 987"):
        load(write(tmp_path / "dtype.pb", graph))


def test_an_absurd_constant(tmp_path: Path) -> None:
    graph = graph_def()
    add(graph, "x", "Placeholder", dtype=1)
    node = graph.node.add(name="c", op="Const")
    node.attr["dtype"].type = 1
    node.attr["value"].tensor.dtype = 1
    node.attr["value"].tensor.float_val.append(1.0)
    for _ in range(3):
        node.attr["value"].tensor.tensor_shape.dim.add(size=1 << 20)
    add(graph, "y", "Add", "x", "c", T=1)
    with pytest.raises(SourceError, match="constant"):
        load(write(tmp_path / "huge.pb", graph))


def test_unknown_ops_are_kept(tmp_path: Path) -> None:
    """An op that TensorFlow does not know is for the rules to report."""
    graph = graph_def()
    add(graph, "x", "Placeholder", dtype=1)
    graph.node.add(name="y", op="MyOwnKernel", input=["x"]).attr["gain"].f = 0.1
    source = load(write(tmp_path / "own.pb", graph))
    (node,) = nodes(source, "MyOwnKernel")
    assert node.attrs == {"gain": 0.1}


def test_unknown_ops_in_functions_keep_their_outputs_apart(tmp_path: Path) -> None:
    """``node:scores:0`` and ``node:boxes:0`` are two results though no schema says."""
    graph = graph_def()
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="x", type=1)
    function.signature.output_arg.add(name="y", type=1)
    function.node_def.add(name="own", op="MyOwnKernel", input=["x"])
    both = ["own:scores:0", "own:boxes:0"]
    sub = function.node_def.add(name="sub", op="Sub", input=both)
    sub.attr["T"].type = 1
    function.ret["y"] = "sub:z:0"
    call(graph, "f")
    source = load(write(tmp_path / "own.pb", graph))
    (sub_node,) = nodes(source, "Sub")
    assert [out.index for out in sub_node.inputs] == [0, 1]


def test_regions_nested_beyond_reason(tmp_path: Path) -> None:
    graph = graph_def()
    for i in range(200):
        function = graph.library.function.add()
        function.signature.name = f"f{i}"
        function.signature.input_arg.add(name="p", type=10)
        function.signature.output_arg.add(name="y", type=10)
        node = function.node_def.add(name="if", op="If", input=["p", "p"])
        node.attr["Tcond"].type = 10
        node.attr["Tin"].list.type.append(10)
        node.attr["Tout"].list.type.append(10)
        for branch in ("then_branch", "else_branch"):
            node.attr[branch].func.name = f"f{i + 1}"
        function.ret["y"] = "if:output:0"
    library(graph, {"f200": []})
    graph.library.function[-1].signature.input_arg[0].type = 10
    graph.library.function[-1].signature.output_arg[0].type = 10
    add(graph, "p", "Placeholder", dtype=10)
    node = graph.node.add(name="y", op="PartitionedCall", input=["p"])
    node.attr["f"].func.name = "f0"
    node.attr["Tin"].list.type.append(10)
    node.attr["Tout"].list.type.append(10)
    with pytest.raises(SourceError, match="nests loops and branches more than"):
        load(write(tmp_path / "deep.pb", graph))
