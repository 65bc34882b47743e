"""Bits: and, or, xor, not, shifts, counts."""

from __future__ import annotations

from tf2torch.ir.build import call, const, scalar_of
from tf2torch.ir.nodes import Const, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS, in_int64

rules = RuleSet("bitwise")
BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
BITS |= {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}


def bits(operator: str) -> RuleFunction:
    def rule(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node:
        return call(operator, x, y, type=out[0])

    return rule


rules.table(bits, {"BitwiseAnd": "&", "BitwiseOr": "|", "BitwiseXor": "^"})


@rules.rule("Invert")
def invert(x: Node) -> Node:
    if x.dtype in WITHOUT_KERNELS:
        return in_int64(lambda n: call("~", n), x, dtype=x.dtype)
    return call("~", x, type=x.type)


@rules.rule("LeftShift")
def left_shift(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    if x.dtype == "uint64" and scalar_of(y) is None:
        return Decline("torch compares no uint64, here the places to shift by")
    return _shift("<<", x, y, out[0])


@rules.rule("RightShift")
def right_shift(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    if x.dtype == "uint64":
        return Decline("torch shifts no uint64 to the right")
    return _shift(">>", x, y, out[0])


def _shift(operator: str, x: Node, y: Node, out: TensorType) -> Node:
    """TensorFlow clamps the number of places to those that the type has."""
    last = BITS[x.dtype] - 1
    number = scalar_of(y)
    if number is not None:
        y = const(min(max(int(number), 0), last), y.dtype)

    def shifted(x: Node, y: Node) -> Node:
        if not isinstance(y, Const):
            y = call(".clamp", y, 0, last, type=y)
        return call(operator, x, y, type=out.with_dtype(x.dtype))

    if x.dtype in WITHOUT_KERNELS:
        return in_int64(shifted, x, y, dtype=x.dtype)
    return shifted(x, y)


@rules.rule("PopulationCount")
def population_count(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("helper.population_count", x, BITS[x.dtype], type=out[0])
