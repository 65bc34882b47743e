"""Sizes: symbols become reads of values that are there when they are needed."""

from __future__ import annotations

import pytest

from tf2torch.diagnostics import TranspileError
from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Input, Node, Sizes
from tf2torch.ir.text import to_text
from tf2torch.ir.types import TensorType, symbol
from tf2torch.transpiler.passes.merge_equal import merge_equal
from tf2torch.transpiler.passes.resolve_sizes import resolve_sizes

N, T = symbol("n"), symbol("t")


def graph(result: Node, *inputs: Input) -> Graph:
    return Graph("g", inputs, (("y", result),))


def test_a_size_is_read_off_the_operand_that_has_it() -> None:
    x = Input("x", types=(TensorType("float32", (N, 4)),))
    y = Input("y", types=(TensorType("float32", (T, N, 4)),))
    flat = call(".reshape", y, (T, N * 4), type=TensorType("float32", (T, N * 4)))
    text = to_text(resolve_sizes(graph(call("+", flat, x, type=x.type), x, y)))
    assert ".reshape(%1_y, (%" in text
    assert text.count("@shape(%1_y)") == 2


def test_sizes_as_a_tensor() -> None:
    x = Input("x", types=(TensorType("float32", (N, 4)),))
    sizes = Sizes((N, 7), types=(TensorType("int32", (2,)),))
    resolved = resolve_sizes(graph(sizes, x))
    made = resolved.results[0]
    assert isinstance(made, Call) and made.func == "torch.tensor"


def test_a_size_that_only_a_later_value_has_comes_after_it() -> None:
    x = Input("x", types=(TensorType("float32", (4,)),))
    found = call("torch.nonzero", x, type=TensorType("int64", (N, 1)))
    ones = call("torch.ones", (N, 2), type=TensorType("float32", (N, 2)))
    total = call("+", ones, found, type=TensorType("float32", (N, 2)))
    nodes = resolve_sizes(graph(total, x)).nodes()
    names = [n.func for n in nodes if isinstance(n, Call)]
    assert names.index("torch.nonzero") < names.index("torch.ones")


def test_a_size_that_nothing_has_is_an_error() -> None:
    x = Input("x", types=(TensorType("float32", (4,)),))
    ones = call("torch.ones", (N,), type=TensorType("float32", (N,)))
    with pytest.raises(TranspileError, match="no value has the size n"):
        resolve_sizes(graph(call("+", x, ones, type=x.type), x))


def test_sizes_of_what_is_merged_are_one() -> None:
    """The second minimum goes, and nothing else has the sizes that it had."""
    flags = TensorType("int32", (N, 1))
    x, y = Input("x", types=(flags,)), Input("y", types=(TensorType("int32", (T,)),))
    sums: list[Node] = []
    for a, b in ((symbol("a"), symbol("b")), (symbol("c"), symbol("d"))):
        least = call("torch.minimum", x, y, type=TensorType("int32", (a, b)))
        ones = call("torch.ones", (b,), type=TensorType("float32", (b,)))
        sums.append(call("+", least, ones, type=TensorType("float32", (a, b))))
    total = call("+", *sums, type=sums[0].type)
    merged = merge_equal(graph(total, x, y))
    funcs = [n.func for n in resolve_sizes(merged).nodes() if isinstance(n, Call)]
    assert funcs.count("torch.minimum") == funcs.count("torch.ones") == 1
    assert funcs.count("+") == 2
