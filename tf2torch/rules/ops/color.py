"""Colour spaces and adjustments of channels-last images."""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("color")


@rules.rule("RGBToHSV")
def rgb_to_hsv(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("helper.rgb_to_hsv", x, type=out[0])


@rules.rule("HSVToRGB")
def hsv_to_rgb(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    """TF says that it has no gradient."""
    return call("helper.hsv_to_rgb", call(".detach", x, type=x.type), type=out[0])


@rules.rule("AdjustHue")
def adjust_hue(x: Node, delta: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("helper.adjust_hue", x, delta, type=out[0])


@rules.rule("AdjustSaturation")
def adjust_saturation(x: Node, scale: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("helper.adjust_saturation", x, scale, type=out[0])


@rules.rule("AdjustContrastv2")
def adjust_contrast(x: Node, factor: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("helper.adjust_contrast", x, factor, type=out[0])
