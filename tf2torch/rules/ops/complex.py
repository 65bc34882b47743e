"""Complex numbers and their parts."""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleFunction, RuleSet

rules = RuleSet("complex")


def part(func: str) -> RuleFunction:
    def rule(x: Node, *, out: tuple[TensorType, ...]) -> Node:
        return call(func, x, type=out[0])

    return rule


rules.table(
    part,
    {
        "Angle": "torch.angle",
        "Conj": "torch.conj_physical",
        "Imag": "@imag",
        "Real": "@real",
    },
)


@rules.rule("Complex")
def complex_(real: Node, imag: Node, *, out: tuple[TensorType, ...]) -> Node:
    if real.shape is not None and real.shape == imag.shape:
        return call("torch.complex", real, imag, type=out[0])
    return call("torch.complex", *_broadcast(real, imag, out[0]), type=out[0])


def _broadcast(real: Node, imag: Node, type: TensorType) -> tuple[Node, Node]:
    """``torch.complex`` takes one shape; adding zeros would lose the sign of -0."""
    from tf2torch.ir.build import outs

    both = tuple(n.type.with_shape(type.shape) for n in (real, imag))
    left, right = outs(call("torch.broadcast_tensors", real, imag, types=both))
    return left, right
