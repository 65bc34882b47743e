"""Reading images at places between pixels: crops by box, projective transforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, cast
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.rules.elements import sizes_arg
from tf2torch.rules.ops.resize import given_size
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("crop")
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class CropAndResizeAttrs:
    method: str = "bilinear"
    extrapolation_value: float = 0.0


@rules.rule("CropAndResize")
def crop_and_resize(
    image: Node,
    boxes: Node,
    index: Node,
    size: Node,
    *,
    attrs: CropAndResizeAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    """Boxes are (y1, x1, y2, x2), 1 being the centre of the last pixel."""
    named: dict[str, Any] = {}
    if attrs.method != "bilinear":
        named["method"] = attrs.method
    if attrs.extrapolation_value:
        named["outside"] = attrs.extrapolation_value
    return call(
        "helper.crop_and_resize",
        cast(image, "float32"),
        boxes,
        index,
        given_size(size),
        type=out[0],
        **named,
    )


@dataclass(frozen=True)
class ProjectiveAttrs:
    interpolation: str
    fill_mode: str = "CONSTANT"


@rules.rule("ImageProjectiveTransformV2")
def image_projective_transform_v2(
    image: Node,
    transforms: Node,
    size: Node,
    *,
    attrs: ProjectiveAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return _projective(image, transforms, size, 0.0, attrs, out[0])


@rules.rule("ImageProjectiveTransformV3")
def image_projective_transform_v3(
    image: Node,
    transforms: Node,
    size: Node,
    fill: Node,
    *,
    attrs: ProjectiveAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return _projective(image, transforms, size, fill, attrs, out[0])


def _projective(
    image: Node,
    transforms: Node,
    size: Node,
    fill: Node | float,
    attrs: ProjectiveAttrs,
    type: TensorType,
) -> Node | Decline:
    if image.dtype not in FLOATS and attrs.interpolation == "BILINEAR":
        return Decline(f"interpolation between {image.dtype} pixels")
    return call(
        "helper.projective_transform",
        image,
        transforms,
        given_size(size),
        interpolation=attrs.interpolation.lower(),
        fill_mode=attrs.fill_mode.lower(),
        fill_value=fill,
        type=type,
    )


@dataclass(frozen=True)
class GlimpseAttrs:
    centered: bool = True
    normalized: bool = True
    uniform_noise: bool = True
    noise: str = "uniform"


def glimpse(first_version: bool) -> RuleFunction:
    """Windows around ``offsets``; what sticks out is noise or 0. No gradient."""

    def rule(
        x: Node, size: Node, offsets: Node, *, attrs: GlimpseAttrs, out: Types
    ) -> Node | Decline:
        noise = attrs.noise or ("uniform" if attrs.uniform_noise else "gaussian")
        if noise == "gaussian":
            return Decline("it fills what lies outside with Gaussian noise")
        given = {
            "centered": (attrs.centered, True),
            "normalized": (attrs.normalized, True),
            "first_version": (first_version, False),
            "uniform_noise": (noise == "uniform", False),
        }
        named: dict[str, Any] = {k: v for k, (v, usual) in given.items() if v != usual}
        args = (call(".detach", x, type=x.type), sizes_arg(size), offsets)
        return call("helper.extract_glimpse", *args, type=out[0], **named)

    return rule


rules.add("ExtractGlimpse", glimpse(True))
rules.add("ExtractGlimpseV2", glimpse(False))
