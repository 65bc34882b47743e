"""Names may be used again only when their value is dead; statements run as meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tf2torch.ir.build import call, const, outs
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Case, For, Input, Node, Out, While
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.emit.file_source import emit

F32 = TensorType("float32", (2, 3))
INT = TensorType("int32", ())
BOOL = TensorType("bool", ())


def source(name: str, type: TensorType = F32) -> Input:
    return Input(name, types=(type,))


def run(graph: Graph, *values: object) -> object:
    """The emitted class, called."""
    emitted = emit(graph, "model", "A model.\n", len(graph.outputs) == 1)
    scope: dict[str, Callable[[], torch.nn.Module]] = {}
    exec(compile(emitted.text, "model.py", "exec"), scope)
    return scope["Model"]()(*values)


def graph(inputs: list[Input], *results: Node) -> Graph:
    named = tuple((f"out{i}", r) for i, r in enumerate(results))
    return Graph("model", tuple(inputs), named)


@pytest.mark.parametrize("name", ["f", "tensor", "path", "frames", "exception"])
def test_the_class_of_a_model_hides_nothing(name: str) -> None:
    x = source("x")
    padded = call("F.pad", x, (0, 1), type=TensorType("float32", (2, 4)))
    emitted = emit(Graph(name, (x,), (("y", padded),)), name, "A model.\n", True)
    scope: dict[str, Callable[[], torch.nn.Module]] = {}
    exec(compile(emitted.text, "model.py", "exec"), scope)
    made = scope[emitted.program.root.name]()
    assert made(torch.ones(2, 3)).shape == (2, 4)  # type: ignore[attr-defined] # a tensor


def test_a_value_read_later_keeps_its_name() -> None:
    x = source("x")
    first = call("torch.exp", x, type=F32)
    second = call("torch.sin", first, type=F32)
    third = call("torch.cos", second, type=F32)
    total = call("+", call("*", first, third, type=F32), second, type=F32)
    value = torch.rand(2, 3)
    expected = value.exp() * value.exp().sin().cos() + value.exp().sin()
    torch.testing.assert_close(run(graph([x], total), value), expected)


def test_many_values_alive_at_once() -> None:
    x = source("x")
    values = [call("torch.add", x, float(i), type=F32) for i in range(12)]
    total: Node = values[0]
    for value in values[1:]:
        total = call("-", total, value, type=F32)
    both = call("+", total, values[3], type=F32)
    given = torch.rand(2, 3)
    expected = given - sum(given + i for i in range(1, 12)) + given + 3
    torch.testing.assert_close(run(graph([x], both), given), expected)


def test_results_of_a_call_are_unpacked() -> None:
    x = source("x")
    split = Call("torch.topk", (x, 2), types=(F32, TensorType("int64", (2, 2))))
    values, places = outs(split)
    given = torch.rand(2, 3)
    found = run(graph([x], places, values), given)
    assert isinstance(found, dict)
    expected = torch.topk(given, 2)
    torch.testing.assert_close(found["out0"], expected.indices)
    torch.testing.assert_close(found["out1"], expected.values)


@pytest.mark.parametrize("flag", [True, False])
def test_branches_assign_the_same_names(flag: bool) -> None:
    x, y, which = source("x"), source("y"), source("which", BOOL)
    left, right = source("a"), source("b")
    then = graph([left, right], call("-", left, right, type=F32), left)
    left, right = source("a"), source("b")
    other = graph([left, right], right, call("*", left, right, type=F32))
    case = Case(which, (x, y), (other, then), types=(F32, F32))
    first, second = outs(case)
    a, b = torch.rand(2, 3), torch.rand(2, 3)
    total = call("+", call("+", first, second, type=F32), x, type=F32)
    expected = (a - b) + a + a if flag else b + a * b + a
    torch.testing.assert_close(run(graph([x, y, which], total), a, b, flag), expected)


def test_a_loop_that_swaps_its_variables() -> None:
    x, y = source("x"), source("y")
    i, a, b = source("i", INT), source("a"), source("b")
    body = graph([i, a, b], b, call("+", a, call("*", b, i, type=F32), type=F32))
    start, stop = const(0, "int32"), const(4, "int32")
    loop = For(start, stop, (x, y), body, types=(F32, F32))
    first, second = (Out(loop, k, types=(F32,)) for k in range(2))
    left, right = torch.rand(2, 3), torch.rand(2, 3)
    p, q = left, right
    for k in range(4):
        p, q = q, p + q * k
    total = call("-", call("-", first, second, type=F32), x, type=F32)
    torch.testing.assert_close(run(graph([x, y], total), left, right), p - q - left)


def test_while_keeps_invariants_and_its_start() -> None:
    x, scale = source("x"), source("scale")
    a, s = source("a"), source("s")
    small = call(".all", call("<", a, 10.0, type=F32), type=BOOL)
    cond = graph([a, s], small)
    a2, s2 = source("a"), source("s")
    grown = call("+", call("*", a2, s2, type=F32), 1.0, type=F32)
    body = graph([a2, s2], grown, s2)
    loop = While((x, scale), cond, body, types=(F32, F32))
    result = call("-", Out(loop, 0, types=(F32,)), x, type=F32)
    given, by = torch.rand(2, 3), torch.full((2, 3), 2.0)
    value = given
    while bool((value < 10).all()):
        value = value * by + 1
    torch.testing.assert_close(run(graph([x, scale], result), given, by), value - given)
