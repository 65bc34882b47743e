"""Pools over regions of unequal size; with a seed the regions are TensorFlow's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import sizes_arg
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("fractional")
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class FractionalAttrs:
    pooling_ratio: tuple[float, ...]
    pseudo_random: bool = False
    overlapping: bool = False
    deterministic: bool = False
    seed: int = 0
    seed2: int = 0


def pooled(kind: str) -> RuleFunction:
    """The regions' borders, then the pool over them."""

    def rule(
        x: Node, *, attrs: FractionalAttrs, out: Types
    ) -> tuple[Node, ...] | Decline:
        seeded = bool(attrs.seed or attrs.seed2)
        if attrs.deterministic and not seeded:
            return Decline("TensorFlow draws its seed once for each kernel")
        if attrs.pooling_ratio[0] != 1 or attrs.pooling_ratio[-1] != 1:
            return Decline("it pools over channels or the batch")
        named: dict[str, Any] = {"pseudo_random": True} if attrs.pseudo_random else {}
        if seeded:
            named["seeds"] = (attrs.seed, attrs.seed2)
        ratios = attrs.pooling_ratio[1:3]
        func = "pooling_sequences" if seeded else "random_pooling_sequences"
        borders = call(f"helper.{func}", x, ratios, types=out[1:], **named)
        rows, columns = outs(borders)
        overlapping = _overlapping(attrs)
        func = f"helper.fractional_{kind}_pool"
        made = call(func, x, rows, columns, type=out[0], **overlapping)
        return made, rows, columns

    return rule


def _overlapping(attrs: FractionalAttrs | OverlapAttrs) -> dict[str, Any]:
    return {"overlapping": True} if attrs.overlapping else {}


rules.table(pooled, {"FractionalMaxPool": "max", "FractionalAvgPool": "avg"})


@dataclass(frozen=True)
class OverlapAttrs:
    overlapping: bool = False


@rules.rule("FractionalMaxPoolGrad")
def fractional_max_pool_grad(
    x: Node,
    y: Node,
    grad: Node,
    rows: Node,
    columns: Node,
    *,
    attrs: OverlapAttrs,
    out: Types,
) -> Node:
    """The first maximum of a region gets all of its gradient."""
    func, named = "helper.fractional_max_pool_grad", _overlapping(attrs)
    return call(func, x, grad, rows, columns, type=out[0], **named)


@rules.rule("FractionalAvgPoolGrad")
def fractional_avg_pool_grad(
    size: Node,
    grad: Node,
    rows: Node,
    columns: Node,
    *,
    attrs: OverlapAttrs,
    out: Types,
) -> Node:
    func, named = "helper.fractional_avg_pool_grad", _overlapping(attrs)
    return call(func, sizes_arg(size), grad, rows, columns, type=out[0], **named)
