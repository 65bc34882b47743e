"""Comparisons, logic and selection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import call, cast, const, reshape, scalar_of
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import Dim, TensorType
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS

rules = RuleSet("compare")


def comparison(operator: str) -> RuleFunction:
    def rule(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
        if x.dtype == "uint64":
            return Decline("torch compares no uint64")
        if x.dtype in WITHOUT_KERNELS:
            x, y = cast(x, "int64"), cast(y, "int64")
        return call(operator, x, y, type=out[0])

    return rule


rules.table(
    comparison, {"Greater": ">", "GreaterEqual": ">=", "Less": "<", "LessEqual": "<="}
)


@dataclass(frozen=True)
class EqualAttrs:
    incompatible_shape_error: bool = True


@rules.rule("Equal")
def equal(x: Node, y: Node, *, attrs: EqualAttrs, out: tuple[TensorType, ...]) -> Node:
    return _equality("==", x, y, out[0])


@rules.rule("NotEqual")
def not_equal(
    x: Node, y: Node, *, attrs: EqualAttrs, out: tuple[TensorType, ...]
) -> Node:
    return _equality("!=", x, y, out[0])


def _equality(operator: str, x: Node, y: Node, out: TensorType) -> Node:
    """Shapes that do not fit are a constant answer where TensorFlow says so."""
    if _never_broadcast(x, y):
        return const(np.array(operator == "!="))
    return call(operator, x, y, type=out)


def _never_broadcast(x: Node, y: Node) -> bool:
    pairs = zip(reversed(x.shape or ()), reversed(y.shape or ()), strict=False)
    return any(_differ(a, b) for a, b in pairs)


def _differ(a: Dim, b: Dim) -> bool:
    return isinstance(a, int) and isinstance(b, int) and a != b and 1 not in (a, b)


@dataclass(frozen=True)
class ToleranceAttrs:
    tolerance: float = 1e-5


@rules.rule("ApproximateEqual")
def approximate_equal(
    x: Node, y: Node, *, attrs: ToleranceAttrs, out: tuple[TensorType, ...]
) -> Node:
    difference = call("-", x, y, type=x.type.with_shape(out[0].shape))
    size = call("torch.abs", difference, type=difference)
    return call("<", size, attrs.tolerance, type=out[0])


def logic(operator: str) -> RuleFunction:
    def rule(*operands: Node, out: tuple[TensorType, ...]) -> Node:
        return call(operator, *operands, type=out[0])

    return rule


rules.table(logic, {"LogicalAnd": "&", "LogicalOr": "|", "LogicalNot": "~"})
rules.table(
    logic,
    {"IsFinite": "torch.isfinite", "IsInf": "torch.isinf", "IsNan": "torch.isnan"},
)


@rules.rule("SelectV2")
def select_v2(
    condition: Node, x: Node, y: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return _chosen(condition, x, y, out[0])


def _chosen(condition: Node, x: Node, y: Node, out: TensorType) -> Node:
    """``torch.where``; of two numbers it would take torch's default dtypes."""
    numbers = scalar_of(x), scalar_of(y)
    if x.rank != 0 or y.rank != 0 or None in numbers:
        return call("torch.where", condition, x, y, type=out)
    if numbers in ((1, 0), (True, False)):
        return cast(condition, out.dtype)
    if numbers in ((0, 1), (False, True)) and not np.signbit(numbers[0]):
        return cast(call("~", condition, type=condition), out.dtype)
    if out.dtype in ("float32", "int64"):
        return call("torch.where", condition, *numbers, type=out)
    return call("torch.where", condition, x, y, type=out)


@rules.rule("Select", "RefSelect")
def select(condition: Node, x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node:
    """A vector as condition chooses rows."""
    rank = x.rank
    if condition.rank == 0 or (rank is not None and rank == condition.rank):
        return _chosen(condition, x, y, out[0])
    if condition.rank is None or rank is None:
        return call("helper.select_rows", condition, x, y, type=out[0])
    if condition.rank == 1 and rank > 1:
        assert condition.shape is not None
        condition = reshape(condition, (*condition.shape, *[1] * (rank - 1)))
    return _chosen(condition, x, y, out[0])


@rules.rule("Where")
def where(condition: Node, *, out: tuple[TensorType, ...]) -> Node:
    """Coordinates of what is true, row by row."""
    return call("torch.nonzero", condition, type=out[0])


@rules.rule("ToBool")
def to_bool(x: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    """A scalar as it is; anything else is true unless it is empty."""
    if x.rank == 0:
        return cast(x, "bool")
    if x.type.static_shape() is None:
        return Decline("whether the tensor is empty is known at run time only")
    return const(np.array(0 not in (x.shape or ())))
