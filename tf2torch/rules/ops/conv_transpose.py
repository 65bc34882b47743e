"""Transposed convolutions, which TF calls the gradient by a convolution's input.

The result of ``h`` windows is ``full = (h - 1)·s + (k - 1)·d + 1`` cells, of which TF
keeps those that the forward padding did not add: it drops ``lo`` in front and keeps as
many as ``input_sizes`` says. torch drops ``padding`` on both sides and then adds
``output_padding`` at the end, which must not be negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from tf2torch.ir.build import call, permute, sizes_of
from tf2torch.ir.nodes import Node, Slice
from tf2torch.ir.types import INTS, Dim, Shape, TensorType, dim
from tf2torch.rules.elements import Element, run_time_ints
from tf2torch.rules.ops.conv import (
    FILTER,
    Conv2DAttrs,
    Conv3DAttrs,
    ConvSpec,
    DepthwiseAttrs,
    depthwise_weight,
    kernel_of,
)
from tf2torch.rules.ops.padding import flat_pads, unlike
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("conv_transpose")


Target = tuple[Element, ...]


@dataclass(frozen=True)
class Trim:
    """What to keep along one axis: drop ``begin``, then ``extra`` more than torch."""

    begin: int
    extra: int


@rules.rule("Conv2DBackpropInput")
def conv2d_backprop_input(
    sizes: Node,
    w: Node,
    grad: Node,
    *,
    attrs: Conv2DAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return transposed(attrs, asked_sizes(sizes, out[0]), w, grad, out[0])


@rules.rule("Conv2DBackpropInputV2")
def conv2d_backprop_input_v2(
    x: Node,
    w: Node,
    grad: Node,
    *,
    attrs: Conv2DAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return transposed(attrs, x.shape, w, grad, out[0])


@rules.rule("Conv3DBackpropInputV2")
def conv3d_backprop_input_v2(
    sizes: Node,
    w: Node,
    grad: Node,
    *,
    attrs: Conv3DAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return transposed(attrs, asked_sizes(sizes, out[0]), w, grad, out[0])


@dataclass(frozen=True)
class Conv3DOldAttrs:
    strides: tuple[int, ...]
    padding: str
    dilations: tuple[int, ...] = (1, 1, 1, 1, 1)


@rules.rule("Conv3DBackpropInput")
def conv3d_backprop_input(
    x: Node,
    w: Node,
    grad: Node,
    *,
    attrs: Conv3DOldAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    same = Conv3DAttrs(attrs.strides, attrs.padding, dilations=attrs.dilations)
    return transposed(same, x.shape, w, grad, out[0])


@rules.rule("DepthwiseConv2dNativeBackpropInput")
def depthwise_backprop_input(
    sizes: Node,
    w: Node,
    grad: Node,
    *,
    attrs: DepthwiseAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return transposed(
        attrs, asked_sizes(sizes, out[0]), w, grad, out[0], depthwise=True
    )


def asked_sizes(sizes: Node, out: TensorType) -> tuple[Element, ...] | None:
    """The elements of ``sizes``; numbers where the type of the result has them."""
    known = sizes_of(sizes)
    if known is not None or out.shape is None:
        return known
    found = run_time_ints(sizes, len(out.shape))
    pairs = zip(found, out.shape, strict=True)
    return tuple(size if isinstance(size, int) else e for e, size in pairs)


def transposed(
    attrs: Conv2DAttrs | Conv3DAttrs | DepthwiseAttrs,
    sizes: tuple[Element, ...] | None,
    w: Node,
    grad: Node,
    out: TensorType,
    depthwise: bool = False,
) -> Node | Decline:
    """``F.conv_transpose2d``/``3d`` that yields ``sizes`` (all axes, TF's order)."""
    spatial = len(attrs.strides) - 2
    kernel = kernel_of(w, spatial)
    if kernel is None or w.shape is None:
        return Decline("the filter's size is not static")
    if out.dtype in INTS:
        return Decline("torch does not convolve integers")
    spec = ConvSpec.of(attrs, kernel)
    sizes = sizes or out.shape
    if sizes is None or grad.shape is None:
        return Decline("the size of the result is known only when the model runs")
    channels, each = spec.layout.channel(sizes), w.shape[-2]
    groups = 1
    if isinstance(channels, int) and isinstance(each, int) and each:
        groups = channels if depthwise else channels // each
    weight = depthwise_weight(w) if depthwise else permute(w, FILTER[spec.layout.rank])
    inside = spec.layout.inside(grad)
    target = spec.layout.spatial(sizes)
    made = _transposed(spec, inside, weight, groups, target, out)
    return spec.layout.outside(made)


def _transposed(
    spec: ConvSpec, x: Node, weight: Node, groups: int, target: Target, out: TensorType
) -> Node:
    assert x.shape is not None
    func = f"F.conv_transpose{len(target)}d"
    window, type = spec.window, spec.layout.inside_type(out)
    sizes = tuple(size for size in target if not isinstance(size, Node))
    trims = None
    if len(sizes) == len(target):
        trims = trims_of(spec, x.shape[2:], sizes)
    stride = unlike(1, stride=window.stride)
    rest = unlike(1, groups=(groups,), dilation=window.dilation)
    if trims is None:
        full = call(func, x, weight, type=type.with_shape(None), **stride, **rest)
        same: dict[str, Any] = {"same": True} if spec.padding == "SAME" else {}
        return call("helper.crop_to", full, tuple(target), type=type, **same)
    steps = zip(trims, window.stride, window.dilation, strict=True)
    if any(t.extra >= max(s, d) for t, s, d in steps):
        return _cut(call(func, x, weight, **stride, **rest), spec, x, trims, type)
    padding = unlike(0, padding=[t.begin for t in trims])
    grow = unlike(0, output_padding=[max(t.extra, 0) for t in trims])
    y = call(func, x, weight, type=type, **stride, **padding, **grow, **rest)
    if all(t.extra >= 0 for t in trims):
        return y
    ends = [Slice(None, t.extra if t.extra < 0 else None) for t in trims]
    return call("[]", y, (Slice(), Slice(), *ends), type=type)


def _cut(
    full: Node, spec: ConvSpec, x: Node, trims: tuple[Trim, ...], type: TensorType
) -> Node:
    """Padding that torch's arguments cannot say: cut and extend by ``F.pad``."""
    pads = tuple((-t.begin, t.extra - t.begin) for t in trims)
    return call("F.pad", full, flat_pads(pads), type=type)


def trims_of(spec: ConvSpec, sizes: Shape, target: Shape) -> tuple[Trim, ...] | None:
    """How each axis is cut; None where that depends on a size that is not known."""
    trims = []
    window = spec.window
    axes = zip(sizes, target, window.spans, window.stride, strict=True)
    for axis, (windows, size, span, stride) in enumerate(axes):
        total = difference((windows - 1) * stride + span, size)
        if not isinstance(total, int):
            return None
        if spec.padding == "SAME":
            begin = max(total, 0) // 2
        else:
            begin = spec.explicit[axis][0] if spec.explicit else 0
        trims.append(Trim(begin, 2 * begin - total))
    return tuple(trims)


def difference(left: Dim, right: Dim) -> Dim:
    return dim(sympy.expand(left - right))
