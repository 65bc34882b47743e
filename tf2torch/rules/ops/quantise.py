"""Quantisation that stays in floats: values rounded to what few bits can say.

The gradient passes straight through the rounding where the value was in range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, outs, scalar_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("quantise")
Types = tuple[TensorType, ...]


# --- fake quantisation -----------------------------------------------------------


@dataclass(frozen=True)
class BitsAttrs:
    num_bits: int = 8
    narrow_range: bool = False

    @property
    def levels(self) -> tuple[int, int]:
        """The lowest and the highest quantum."""
        return int(self.narrow_range), 2**self.num_bits - 1


@dataclass(frozen=True)
class ArgsAttrs(BitsAttrs):
    min: float = -6.0
    max: float = 6.0


@rules.rule("FakeQuantWithMinMaxArgs")
def fake_quant_args(x: Node, *, attrs: ArgsAttrs, out: Types) -> Node:
    args = (attrs.min, attrs.max, *attrs.levels)
    return call("helper.fake_quantize_between", x, *args, type=out[0])


@rules.rule("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def fake_quant_vars(
    x: Node, low: Node, high: Node, *, attrs: BitsAttrs, out: Types
) -> Node:
    """The range is a number, or one for each place of the last axis."""
    return call("helper.fake_quantize", x, low, high, *attrs.levels, type=out[0])


@rules.rule("FakeQuantWithMinMaxArgsGradient")
def fake_quant_args_gradient(
    grad: Node, x: Node, *, attrs: ArgsAttrs, out: Types
) -> Node:
    args = (attrs.min, attrs.max, *attrs.levels)
    return call("helper.fake_quantize_between_grad", grad, x, *args, type=out[0])


@rules.rule(
    "FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannelGradient"
)
def fake_quant_vars_gradient(
    grad: Node, x: Node, low: Node, high: Node, *, attrs: BitsAttrs, out: Types
) -> tuple[Node, ...]:
    args = (grad, x, low, high, *attrs.levels)
    return outs(call("helper.fake_quantize_grads", *args, types=out))


# --- quantised and back ----------------------------------------------------------


@dataclass(frozen=True)
class V1Attrs:
    signed_input: bool = True
    num_bits: int = 8
    range_given: bool = False
    input_min: float = 0.0
    input_max: float = 0.0


@rules.rule("QuantizeAndDequantize")
def quantize_and_dequantize(x: Node, *, attrs: V1Attrs, out: Types) -> Node:
    ends = (attrs.input_min, attrs.input_max) if attrs.range_given else ()
    return _rounded(x, ends, attrs.num_bits, out[0], signed=attrs.signed_input)


@dataclass(frozen=True)
class V2Attrs:
    signed_input: bool = True
    num_bits: int = 8
    range_given: bool = False
    round_mode: str = "HALF_TO_EVEN"
    narrow_range: bool = False
    axis: int = -1

    @property
    def options(self) -> dict[str, Any]:
        """What differs from the helper's defaults."""
        given: dict[str, Any] = {"signed": self.signed_input}
        given |= {"narrow": self.narrow_range, "axis": self.axis}
        given["half_up"] = self.round_mode == "HALF_UP"
        usual = {"signed": True, "narrow": False, "axis": -1, "half_up": False}
        return {k: v for k, v in given.items() if v != usual[k]}


@rules.rule("QuantizeAndDequantizeV2")
def quantize_and_dequantize_v2(
    x: Node, low: Node, high: Node, *, attrs: V2Attrs, out: Types
) -> Node:
    """Its gradient passes everywhere, in range or not."""
    ends = _ends(low, high) if attrs.range_given else ()
    return _rounded(x, ends, attrs.num_bits, out[0], **attrs.options)


@rules.rule("QuantizeAndDequantizeV4")
def quantize_and_dequantize_v4(
    x: Node, low: Node, high: Node, *, attrs: V2Attrs, out: Types
) -> Node:
    """Its gradient passes within the given range."""
    ends = _ends(low, high) if attrs.range_given else ()
    made = _rounded(x, ends, attrs.num_bits, out[0], **attrs.options)
    args = (x, made, low, high, attrs.axis)
    return call("helper.with_bounded_gradient", *args, type=out[0])


@dataclass(frozen=True)
class V3Attrs:
    signed_input: bool = True
    range_given: bool = True
    narrow_range: bool = False
    axis: int = -1


@rules.rule("QuantizeAndDequantizeV3")
def quantize_and_dequantize_v3(
    x: Node, low: Node, high: Node, bits: Node, *, attrs: V3Attrs, out: Types
) -> Node:
    ends = _ends(low, high) if attrs.range_given else ()
    same = V2Attrs(attrs.signed_input, narrow_range=attrs.narrow_range, axis=attrs.axis)
    return _rounded(x, ends, number_arg(bits), out[0], **same.options)


@dataclass(frozen=True)
class AxisAttrs:
    axis: int = -1


@rules.rule("QuantizeAndDequantizeV4Grad")
def quantize_and_dequantize_v4_grad(
    grad: Node, x: Node, low: Node, high: Node, *, attrs: AxisAttrs, out: Types
) -> tuple[Node, ...]:
    """The bounds have a gradient of 0."""
    args = (grad, x, low, high, attrs.axis)
    made = call("helper.bounded_gradient", *args, type=out[0])
    return made, *(
        call("torch.zeros_like", b, type=t)
        for b, t in zip((low, high), out[1:], strict=True)
    )


def _ends(low: Node, high: Node) -> tuple[Arg, ...]:
    """Numbers where both bounds are constants."""
    numbers = scalar_of(low), scalar_of(high)
    if None in numbers or low.rank or high.rank:
        return (low, high)
    return numbers


def _rounded(
    x: Node, ends: tuple[Arg, ...], bits: Arg, out: TensorType, **options: Any
) -> Node:
    if not ends:
        return call("helper.round_to_bits", x, bits, type=out, **options)
    return call("helper.round_to_bits", x, bits, *ends, type=out, **options)
