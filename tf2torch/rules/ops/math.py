"""Elementwise arithmetic, comparison and special functions."""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleFunction, RuleSet

rules = RuleSet("math")


def unary(func: str) -> RuleFunction:
    def rule(x: Node) -> Node:
        return call(func, x, type=x.type)

    return rule


rules.table(
    unary,
    {
        "Abs": "torch.abs",
        "Exp": "torch.exp",
        "Log": "torch.log",
        "Log1p": "torch.log1p",
        "Neg": "neg",
        "Rsqrt": "torch.rsqrt",
        "Sqrt": "torch.sqrt",
        "Square": "torch.square",
    },
)


def binary(operator: str) -> RuleFunction:
    def rule(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node:
        return call(operator, x, y, type=out[0])

    return rule


rules.table(binary, {"Add": "+", "AddV2": "+", "Sub": "-", "Mul": "*", "RealDiv": "/"})
