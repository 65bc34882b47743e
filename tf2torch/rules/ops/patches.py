"""Sliding windows taken out as they are, and greyscale morphology over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import INTS, TensorType
from tf2torch.rules.ops.padding import Layout, Window, flat_pads
from tf2torch.rules.ops.pool import lowest
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("patches")


@dataclass(frozen=True)
class PatchesAttrs:
    ksizes: tuple[int, ...]
    strides: tuple[int, ...]
    rates: tuple[int, ...]
    padding: str


@rules.rule("ExtractImagePatches")
def extract_image_patches(
    x: Node, *, attrs: PatchesAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _patches(x, attrs.ksizes, attrs.strides, attrs.rates, attrs.padding, out[0])


@dataclass(frozen=True)
class VolumePatchesAttrs:
    ksizes: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str


@rules.rule("ExtractVolumePatches")
def extract_volume_patches(
    x: Node, *, attrs: VolumePatchesAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    rates = (1,) * len(attrs.ksizes)
    return _patches(x, attrs.ksizes, attrs.strides, rates, attrs.padding, out[0])


def _patches(
    x: Node,
    sizes: tuple[int, ...],
    strides: tuple[int, ...],
    rates: tuple[int, ...],
    padding: str,
    type: TensorType,
) -> Node:
    """[N, H, W, C] → [N, H', W', kh·kw·C]"""
    window = Window(sizes[1:-1], strides[1:-1], rates[1:-1])
    x = _padded(x, window, padding, None)
    named: dict[str, Any] = {}
    if set(window.dilation) != {1}:
        named["dilation"] = window.dilation
    taken = call("helper.sliding_windows", x, window.kernel, window.stride, **named)
    count = len(window.kernel)
    # [N, H', W', kh, kw, C] → channels, the window's cells before the old ones
    return call(".flatten", taken, count + 1, type=type)


def _padded(x: Node, window: Window, padding: str, value: Any) -> Node:
    """SAME padding of channels-last ``x``."""
    if padding == "VALID":
        return x
    named = {} if value is None else {"value": value}
    pads = window.same_pads(None if x.shape is None else x.shape[1:-1])
    unknown = x.type.with_shape(None)
    if pads is not None:
        if not any(flat_pads(pads)):
            return x
        return call("F.pad", x, (0, 0, *flat_pads(pads)), type=unknown, **named)
    if set(window.dilation) != {1}:
        named["dilation"] = window.dilation
    inner = Layout("NHWC" if len(window.kernel) == 2 else "NDHWC").inside(x)
    made = call(
        "helper.pad_same", inner, window.kernel, window.stride, type=unknown, **named
    )
    return call(".movedim", made, 1, -1, type=unknown)


@dataclass(frozen=True)
class MorphologyAttrs:
    strides: tuple[int, ...]
    rates: tuple[int, ...]
    padding: str


@rules.rule("Dilation2D")
def dilation2d(
    x: Node, filter: Node, *, attrs: MorphologyAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """max over the window of x + filter; cells outside do not take part."""
    window = _morphology_window(x, filter, attrs)
    if isinstance(window, Decline):
        return window
    x = _padded(x, window, attrs.padding, lowest(x.dtype))
    named: dict[str, Any] = {}
    if set(window.dilation) != {1}:
        named["dilation"] = window.dilation
    taken = call("helper.sliding_windows", x, window.kernel, window.stride, **named)
    raised = call("+", taken, filter, type=taken.type)
    cells = call(".flatten", raised, 3, 4, type=taken.type)
    return call("@values", call(".max", cells, 3, type=out[0]), type=out[0])


def _morphology_window(
    x: Node, filter: Node, attrs: MorphologyAttrs
) -> Window | Decline:
    if filter.shape is None or not all(isinstance(s, int) for s in filter.shape):
        return Decline("the filter's size is not static")
    if x.dtype in INTS and attrs.padding == "SAME":
        return Decline("integers have no neutral element to pad with")
    kernel = tuple(int(s) for s in filter.shape[:2])
    return Window(kernel, attrs.strides[1:-1], attrs.rates[1:-1])


@rules.rule("Dilation2DBackpropInput")
def dilation2d_backprop_input(
    x: Node,
    filter: Node,
    grad: Node,
    *,
    attrs: MorphologyAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return _morphology_grad("input", x, filter, grad, attrs, out[0])


@rules.rule("Dilation2DBackpropFilter")
def dilation2d_backprop_filter(
    x: Node,
    filter: Node,
    grad: Node,
    *,
    attrs: MorphologyAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return _morphology_grad("filter", x, filter, grad, attrs, out[0])


def _morphology_grad(
    by: str,
    x: Node,
    filter: Node,
    grad: Node,
    attrs: MorphologyAttrs,
    type: TensorType,
) -> Node | Decline:
    window = _morphology_window(x, filter, attrs)
    if isinstance(window, Decline):
        return window
    if x.dtype in INTS:
        return Decline("the gradient of integers")
    named: dict[str, Any] = {"same": True} if attrs.padding == "SAME" else {}
    args = (x, filter, grad, window.stride, window.dilation)
    return call(f"helper.dilation2d_grad_{by}", *args, type=type, **named)
