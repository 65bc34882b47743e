"""Nearest points, the nearest ordered sequence, quasi-random points."""

from __future__ import annotations

from typing import Any

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("distances")
Types = tuple[TensorType, ...]


@rules.rule("NearestNeighbors")
def nearest_neighbors(
    points: Node, centers: Node, k: Node, *, out: Types
) -> tuple[Node, ...]:
    """Squared distances, nearest first."""
    func = "helper.nearest_neighbors"
    return outs(call(func, points, centers, number_arg(k), types=out))


@rules.rule("IsotonicRegression")
def isotonic_regression(x: Node, *, out: Types) -> tuple[Node, ...]:
    """Pool neighbours that rise into their mean."""
    func = "helper.isotonic_regression"
    return outs(call(func, x, DType(out[0].dtype), types=out))


@rules.rule("SobolSample")
def sobol_sample(dim: Node, count: Node, skip: Node, *, out: Types) -> Node:
    """Sobol's points without the first one, the origin, as torch draws them."""
    sizes = (number_arg(dim), number_arg(count), number_arg(skip))
    named: dict[str, Any] = {}
    if out[0].dtype != "float32":
        named["dtype"] = DType(out[0].dtype)
    return call("helper.sobol_points", *sizes, type=out[0], **named)
