"""Resizing images. torch has TF's half-pixel and align-corners forms; not TF1's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from tf2torch.ir.build import array_of, call, cast, sizes_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import FLOATS, Dim, TensorType, dim
from tf2torch.rules.ops.padding import Layout
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("resize")

LAYOUT = Layout("NHWC")
# Where torch's float arithmetic is tried before a scale is trusted.
LARGEST_SIZE = 1 << 14


@dataclass(frozen=True)
class ResizeAttrs:
    align_corners: bool = False
    half_pixel_centers: bool = False


@rules.rule("ResizeNearestNeighbor")
def resize_nearest_neighbor(
    x: Node, size: Node, *, attrs: ResizeAttrs, out: tuple[TensorType, ...]
) -> Node:
    """floor(i·s), floor((i + ½)·s) or round(i·s) with align_corners."""
    inner, type = LAYOUT.inside(x), LAYOUT.inside_type(out[0])
    if attrs.align_corners or x.dtype not in FLOATS | {"uint8"}:
        named: dict[str, Any] = {}
        if attrs.align_corners:
            named["align_corners"] = True
        elif attrs.half_pixel_centers:
            named["half_pixel"] = True
        size_arg = given_size(size)
        y = call("helper.resize_nearest", inner, size_arg, type=type, **named)
        return LAYOUT.outside(y)
    to = new_size(inner, size)
    if attrs.half_pixel_centers and not _same_cells(to.get("scale_factor")):
        to["mode"] = "nearest-exact"
    return LAYOUT.outside(call("F.interpolate", inner, type=type, **to))


@lru_cache(maxsize=64)
def _same_cells(factor: int | None) -> bool:
    """Is floor(i / factor) what torch's float32 computes for ``nearest``?"""
    if factor is None:
        return False
    index = np.arange(LARGEST_SIZE, dtype=np.float32)
    cells = np.floor(index * np.float32(1 / factor)).astype(int)
    return bool(np.array_equal(cells, np.arange(LARGEST_SIZE) // factor))


@rules.rule("ResizeBilinear")
def resize_bilinear(
    x: Node, size: Node, *, attrs: ResizeAttrs, out: tuple[TensorType, ...]
) -> Node:
    inner, type = LAYOUT.inside(cast(x, "float32")), LAYOUT.inside_type(out[0])
    if not (attrs.align_corners or attrs.half_pixel_centers):
        y = call("helper.resize_bilinear", inner, given_size(size), type=type)
        return LAYOUT.outside(y)
    if attrs.align_corners:
        to: dict[str, Any] = {"size": given_size(size)}
        to |= {"mode": "bilinear", "align_corners": True}
    else:
        to = {**new_size(inner, size), "mode": "bilinear"}
    return LAYOUT.outside(call("F.interpolate", inner, type=type, **to))


@rules.rule("ResizeBicubic")
def resize_bicubic(
    x: Node, size: Node, *, attrs: ResizeAttrs, out: tuple[TensorType, ...]
) -> Node:
    """TF rounds the place between two pixels to 1/1024, which torch does not."""
    inner, type = LAYOUT.inside(cast(x, "float32")), LAYOUT.inside_type(out[0])
    named: dict[str, Any] = {}
    if attrs.align_corners:
        named["align_corners"] = True
    if attrs.half_pixel_centers:
        named["half_pixel"] = True
    y = call("helper.resize_bicubic", inner, given_size(size), type=type, **named)
    return LAYOUT.outside(y)


@dataclass(frozen=True)
class ResizeAreaAttrs:
    align_corners: bool = False


@rules.rule("ResizeArea")
def resize_area(
    x: Node, size: Node, *, attrs: ResizeAreaAttrs, out: tuple[TensorType, ...]
) -> Node:
    inner, type = LAYOUT.inside(cast(x, "float32")), LAYOUT.inside_type(out[0])
    static, sizes = inner.type.static_shape(), sizes_of(size)
    if static and sizes and not attrs.align_corners:
        window = tuple(n // s for n, s in zip(static[2:], sizes, strict=True))
        if all(w * s == n for w, s, n in zip(window, sizes, static[2:], strict=True)):
            return LAYOUT.outside(call("F.avg_pool2d", inner, window, type=type))
    named: dict[str, Any] = {"align_corners": True} if attrs.align_corners else {}
    y = call("helper.resize_area", inner, given_size(size), type=type, **named)
    return LAYOUT.outside(y)


@dataclass(frozen=True)
class ScaleAndTranslateAttrs:
    kernel_type: str = "lanczos3"
    antialias: bool = True


@rules.rule("ScaleAndTranslate")
def scale_and_translate(
    x: Node,
    size: Node,
    scale: Node,
    translation: Node,
    *,
    attrs: ScaleAndTranslateAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    inner, type = LAYOUT.inside(cast(x, "float32")), LAYOUT.inside_type(out[0])
    mode = {"triangle": "bilinear", "keyscubic": "bicubic"}.get(attrs.kernel_type)
    if mode and (attrs.antialias or mode == "bilinear"):
        if is_whole_image(inner, size, scale, translation):
            named: dict[str, Any] = {**new_size(inner, size), "mode": mode}
            if attrs.antialias:
                named["antialias"] = True
            return LAYOUT.outside(call("F.interpolate", inner, type=type, **named))
    y = call(
        "helper.scale_and_translate",
        inner,
        given_size(size),
        _pair(scale),
        _pair(translation),
        kernel=attrs.kernel_type,
        antialias=attrs.antialias,
        type=type,
    )
    return LAYOUT.outside(y)


def is_whole_image(x: Node, size: Node, scale: Node, translation: Node) -> bool:
    """Does the scale map the whole input to the whole output?"""
    static, sizes = x.type.static_shape(), array_of(size)
    factors, offsets = array_of(scale), array_of(translation)
    if static is None or sizes is None or factors is None or offsets is None:
        return False
    whole = sizes.astype(np.float32) / np.array(static[2:], np.float32)
    return not offsets.any() and np.array_equal(factors, whole)


def _pair(node: Node) -> Arg:
    array = array_of(node)
    return node if array is None else tuple(map(float, array))


def given_size(size: Node) -> Arg:
    """The size as numbers; one known only when the model runs is read then."""
    sizes = sizes_of(size)
    return call(".tolist", size) if sizes is None else tuple(sizes)


def new_size(x: Node, size: Node) -> dict[str, Any]:
    """``scale_factor`` where the input grows by a whole number, else ``size``."""
    sizes = sizes_of(size)
    if sizes is not None and x.shape is not None:
        factors = {_ratio(n, s) for n, s in zip(x.shape[2:], sizes, strict=True)}
        factor = factors.pop()
        if not factors and factor is not None:
            return {"scale_factor": factor}
    return {"size": given_size(size)}


def _ratio(before: Dim, after: Dim) -> int | None:
    if isinstance(before, int) and isinstance(after, int):
        return after // before if before and after % before == 0 else None
    ratio = dim(sympy.cancel(sympy.sympify(after) / sympy.sympify(before)))
    return ratio if isinstance(ratio, int) else None
