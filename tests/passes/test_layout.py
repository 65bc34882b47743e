"""choose_layout: permutes between channels-last ops move to the borders and cancel."""

from __future__ import annotations

import numpy as np

from tf2torch.ir.build import call, const, to_channels_first, to_channels_last
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Input, Node
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.passes.choose_layout import choose_layout

IMAGE = TensorType("float32", (2, 8, 8, 4))


def layer(x: Node) -> Node:
    """A channels-last op as a rule writes it: an op on channels-first inside."""
    inside = to_channels_first(x)
    return to_channels_last(call("F.max_pool2d", inside, 3, type=inside.type))


def settle(result: Node, *inputs: Input) -> list[Call]:
    graph = Graph("g", inputs, (("y", result),))
    return [n for n in choose_layout(graph).nodes() if isinstance(n, Call)]


def permutes(nodes: list[Call]) -> list[object]:
    return [n.args[1] for n in nodes if n.func == ".permute"]


def test_a_chain_keeps_one_permute_at_each_border() -> None:
    x = Input("x", types=(IMAGE,))
    relu = call("F.relu", layer(x), type=IMAGE)
    nodes = settle(layer(call("*", relu, const(0.5, "float32"), type=IMAGE)), x)
    assert permutes(nodes) == [(0, 3, 1, 2), (0, 2, 3, 1)]


def test_a_reduction_over_space_ends_the_layout() -> None:
    x = Input("x", types=(IMAGE,))
    mean = call(".mean", layer(x), (1, 2), type=TensorType("float32", (2, 4)))
    nodes = settle(mean, x)
    assert permutes(nodes) == [(0, 3, 1, 2)]
    assert nodes[-1].args[1] == (2, 3)


def test_channels_of_cat_and_pad_follow() -> None:
    x = Input("x", types=(IMAGE,))
    y = layer(x)
    wide = TensorType("float32", (2, 8, 8, 8))
    joined = call("torch.cat", (y, y), dim=-1, type=wide)
    padded = TensorType("float32", (2, 9, 11, 8))
    nodes = settle(call("F.pad", joined, (0, 0, 1, 2, 0, 1), type=padded), x)
    by_name = {n.func: n for n in nodes}
    assert by_name["torch.cat"].kwarg("dim") == 1
    assert by_name["F.pad"].args[1] == (1, 2, 0, 1)


def test_a_bias_over_channels_gets_their_axis() -> None:
    x = Input("x", types=(IMAGE,))
    bias = const(np.arange(4), "float32")
    nodes = settle(call("+", layer(x), bias, type=IMAGE), x)
    added = next(n for n in nodes if n.func == "+")
    operand = added.args[1]
    assert isinstance(operand, Node) and operand.shape == (4, 1, 1)
