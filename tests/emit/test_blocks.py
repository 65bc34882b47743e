"""Blocks: one class for variants, loops for repeats, linear time, with names or not."""

from __future__ import annotations

import cProfile
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Input, Module, Node, Origin, Param, VariableInfo
from tf2torch.ir.types import TensorType, symbol
from tf2torch.pycode import name
from tf2torch.transpiler.emit.body import Body, Scope, region_nodes
from tf2torch.transpiler.emit.file_source import Emitted, emit
from tf2torch.transpiler.emit.weights import state_entries
from tf2torch.transpiler.passes.find_blocks import find_blocks
from tf2torch.transpiler.passes.merge_variants import merge_variants
from tf2torch.transpiler.passes.order_sums import order_sums
from tf2torch.transpiler.passes.resolve_sizes import resolve_sizes

PASSES = (find_blocks, resolve_sizes, order_sums, merge_variants)


def rows(width: int) -> TensorType:
    return TensorType("float32", (symbol("batch"), width))


def linear(x: Node, width: int, *scope: str) -> Module:
    """``x`` through weights that depend on the name."""
    before = (x.shape or ())[-1]
    assert isinstance(before, int)
    name = "/".join(scope)
    seed = sum(map(ord, name)) % 97
    array = np.random.default_rng(seed).normal(size=(width, before)).astype("float32")
    info = VariableInfo(
        name=name, key=name, dtype="float32", shape=(width, before), trainable=True,
        load=lambda: array,
    )  # fmt: skip
    weight = Param(variable=info, types=(TensorType("float32", (width, before)),))
    return Module(
        "nn.Linear",
        (x,),
        (("in_features", before), ("out_features", width), ("bias", False)),
        (("weight", weight),),
        name=name,
        types=(rows(width),),
        origin=Origin(scope),
    )


def at(node: Call, *scope: str) -> Call:
    return replace(node, origin=Origin(scope))


Unit = Callable[[Node, str], Node]


def residual(x: Node, scope: str) -> Node:
    """x + f(x), with a projection where the width changes."""
    width = 4 + 4 * int(scope.rpartition("_")[2] or 0) // 3
    hidden = at(call("F.relu", linear(x, 6, scope, "fc1"), type=rows(6)), scope, "act")
    y = linear(hidden, width, scope, "fc2")
    if (x.shape or ())[-1] != width:
        x = linear(x, width, scope, "shortcut")
    return at(call("+", x, y, type=rows(width)), scope, "add")


def plain(x: Node, scope: str) -> Node:
    """x + f(x) of one width."""
    y = at(call("F.relu", linear(x, 8, scope, "fc1"), type=rows(8)), scope, "act")
    total = call("+", x, linear(y, 8, scope, "fc2"), type=rows(8))
    return at(total, scope, "add")


def chain(unit: Unit, count: int, width: int, hidden_names: bool = False) -> Graph:
    x = Input("x", types=(rows(width),))
    node: Node = x
    for i in range(count):
        node = unit(node, f"layer_{i}")
    graph = Graph("deep", (x,), (("y", node),))
    return scrambled(graph) if hidden_names else graph


def scrambled(graph: Graph) -> Graph:
    """The graph with scopes that say nothing."""
    new: dict[Node, Node] = {}
    for i, node in enumerate(graph.nodes()):
        moved = node.map_operands(new.__getitem__)
        fake = Origin((f"n{i * 7919 % 10007}q{i}",))
        new[node] = node if isinstance(node, Input) else replace(moved, origin=fake)
    return replace(graph, outputs=tuple((k, new[n]) for k, n in graph.outputs))


def written(graph: Graph) -> Emitted:
    for step in PASSES:
        graph = step(graph)
    return emit(graph, graph.name, "A model.\n", True)


def classes(made: Emitted) -> int:
    return made.text.count("\nclass ")


def run(made: Emitted, x: torch.Tensor) -> torch.Tensor:
    scope: dict[str, Callable[[], torch.nn.Module]] = {}
    exec(compile(made.text, "model.py", "exec"), scope)
    module = scope[made.program.root.name]()
    state = {e.key: torch.from_numpy(e.load()) for e in state_entries(made.program)}
    module.load_state_dict(state, strict=True)
    result: torch.Tensor = module(x)
    return result


def expected(graph: Graph, x: torch.Tensor) -> torch.Tensor:
    """The graph by hand: linear layers, relu and sums."""
    values: dict[Node, torch.Tensor] = {graph.inputs[0]: x}
    for node in graph.nodes():
        if isinstance(node, Module):
            weight = node.state[0][1]
            assert isinstance(weight, Param)
            kernel = torch.from_numpy(weight.variable.load())
            values[node] = values[node.operands[0]] @ kernel.T
        elif isinstance(node, Call):
            terms = [values[o] for o in node.operands]
            values[node] = terms[0].relu() if len(terms) == 1 else terms[0] + terms[1]
    return values[graph.results[0]]


def test_blocks_with_and_without_projection_are_one_class() -> None:
    graph = chain(residual, 6, 4)
    made = written(graph)
    assert classes(made) == 2, made.text
    assert "= in_features != out_features" in made.text
    x = torch.rand(3, 4)
    torch.testing.assert_close(run(made, x), expected(graph, x))


@pytest.mark.parametrize("hidden_names", [False, True], ids=["named", "random names"])
def test_equal_blocks_are_a_loop(hidden_names: bool) -> None:
    graph = chain(plain, 12, 8, hidden_names)
    made = written(graph)
    assert classes(made) == 2, made.text
    assert "depth: int = 12" in made.text and "for _ in range(depth)" in made.text
    x = torch.rand(3, 8)
    torch.testing.assert_close(run(made, x), expected(graph, x))


@pytest.mark.parametrize("hidden_names", [False, True], ids=["named", "random names"])
def test_work_is_linear_in_layers(hidden_names: bool) -> None:
    """Ten times the layers: the same classes, at most twelve times the calls, which
    unlike seconds are the same on every machine."""
    calls = []
    for count in (40, 400):
        graph = chain(plain, count, 8, hidden_names)
        profile = cProfile.Profile()
        made = profile.runcall(written, graph)
        calls.append(sum(entry.callcount for entry in profile.getstats()))
        assert classes(made) == 2
    assert calls[1] <= 12 * calls[0]


def lines_run(work: Callable[[], object]) -> int:
    """Lines of Python that ``work`` runs, every turn of a loop among them."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type] # its protocol names the parameters
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_one_long_forward_is_written_in_linear_time() -> None:
    found = []
    for count in (20, 200):
        graph = chain(plain, count, 8)
        scope = Scope(lambda node, user: name("leaf"), lambda node: name("layer"))
        body = Body(scope)
        body.names[graph.inputs[0]] = "x"
        nodes = region_nodes(graph)
        found.append(lines_run(lambda b=body, n=nodes, g=graph: b.write(n, g.results)))
        assert len(body.lines) >= count
    assert found[1] <= 12 * found[0]


def test_two_thousand_layers_are_no_recursion() -> None:
    made = written(chain(plain, 2000, 8))
    assert classes(made) == 2
    text = made.text
    assert "depth: int = 2000" in text and "for _ in range(depth)" in text


def test_a_flat_port_is_one_forward_with_marks() -> None:
    graph = chain(plain, 3, 8)
    made = emit(resolve_sizes(graph), "flat", "A model.\n", True, marked=True)
    assert classes(made) == 1
    assert "        # layer_1/" in made.text
    x = torch.rand(3, 8)
    torch.testing.assert_close(run(made, x), expected(graph, x))


@pytest.mark.parametrize("hidden_names", [False, True])
def test_a_projected_unit_is_of_the_same_class(hidden_names: bool) -> None:
    graph = chain(residual, 9, 4, hidden_names)
    made = written(graph)
    assert classes(made) == 2
    x = torch.rand(3, 4)
    torch.testing.assert_close(run(made, x), expected(graph, x))
