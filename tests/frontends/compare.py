"""A Source against TensorFlow: equal results for equal inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.frontends.interpreter import Interpreter, same
from tf2torch.ir.graph import every_node
from tf2torch.ir.nodes import Node, Op
from tf2torch.transpiler.frontends import Source


def agrees(
    source: Source,
    inputs: Mapping[str, Any],
    expected: Mapping[str, Any],
    state: Interpreter | None = None,
) -> None:
    """Every output of ``source`` equals the ``expected`` one of that name."""
    values = [inputs[spec.name] for spec in source.inputs]
    results = (state or Interpreter())(source.graph, *values)
    assert list(results) == [spec.name for spec in source.outputs]
    assert set(results) == set(expected)
    for name, value in results.items():
        same(value, expected[name])


def ops(source: Source) -> set[str]:
    """Names of all ops, regions included."""
    return {node.op for node in every_node(source.graph) if isinstance(node, Op)}


def nodes(source: Source, kind: type[Node] | str) -> list[Any]:
    """Nodes of a class, or ops of a name, regions included."""
    found = dict.fromkeys(every_node(source.graph))
    if isinstance(kind, str):
        return [n for n in found if isinstance(n, Op) and n.op == kind]
    return [n for n in found if isinstance(n, kind)]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def words(*texts: str) -> np.ndarray:
    return np.array([t.encode() for t in texts], object)
