"""BiasAdd: a vector along the channels."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("bias")

NO_SUM = frozenset({"uint16", "uint32", "uint64"})


@dataclass(frozen=True)
class BiasAddAttrs:
    data_format: str = "NHWC"


@rules.rule("BiasAdd")
def bias_add(
    x: Node, bias: Node, *, attrs: BiasAddAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """``NCHW`` puts the channels on axis 1 whatever the rank, ``NHWC`` on the last."""
    if x.dtype in NO_SUM:
        return Decline(f"torch does not add {x.dtype}")
    if attrs.data_format == "NCHW":
        if x.rank is None:
            return Decline("the rank of the input is not known")
        after = (None,) * (x.rank - 2)
        bias = call("[]", bias, (Slice(), *after), type=_column(bias, x.rank - 2))
    return call("+", x, bias, type=out[0])


def _column(bias: Node, after: int) -> TensorType:
    shape = None if bias.shape is None else (*bias.shape, *(1,) * after)
    return bias.type.with_shape(shape)


@rules.rule("BiasAddV1")
def bias_add_v1(x: Node, bias: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    return bias_add(x, bias, attrs=BiasAddAttrs(), out=out)
