"""Gradient ops of windows: convolutions by their filter, and pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, ints_of, permute, reshape, sizes_of
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import Shape, TensorType
from tf2torch.rules.ops.conv import (
    DEPTHWISE,
    FILTER,
    Conv2DAttrs,
    Conv3DAttrs,
    ConvSpec,
    DepthwiseAttrs,
)
from tf2torch.rules.ops.conv_transpose import Conv3DOldAttrs
from tf2torch.rules.ops.padding import (
    Layout,
    Window,
    pad,
    pad_same,
    symmetric,
    unlike,
)
from tf2torch.rules.ops.pool import MaxPoolAttrs, MaxPoolV2Attrs, Pool3DAttrs, PoolAttrs
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("window_gradients")


@rules.rule("Conv2DBackpropFilter")
def conv2d_backprop_filter(
    x: Node,
    sizes: Node,
    grad: Node,
    *,
    attrs: Conv2DAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return by_filter(attrs, x, sizes_of(sizes), grad, out[0])


@rules.rule("Conv2DBackpropFilterV2")
def conv2d_backprop_filter_v2(
    x: Node, w: Node, grad: Node, *, attrs: Conv2DAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return by_filter(attrs, x, w.shape, grad, out[0])


@rules.rule("Conv3DBackpropFilterV2")
def conv3d_backprop_filter_v2(
    x: Node,
    sizes: Node,
    grad: Node,
    *,
    attrs: Conv3DAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return by_filter(attrs, x, sizes_of(sizes), grad, out[0])


@rules.rule("Conv3DBackpropFilter")
def conv3d_backprop_filter(
    x: Node, w: Node, grad: Node, *, attrs: Conv3DOldAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    same = Conv3DAttrs(attrs.strides, attrs.padding, dilations=attrs.dilations)
    return by_filter(same, x, w.shape, grad, out[0])


@rules.rule("DepthwiseConv2dNativeBackpropFilter")
def depthwise_backprop_filter(
    x: Node,
    sizes: Node,
    grad: Node,
    *,
    attrs: DepthwiseAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    return by_filter(attrs, x, sizes_of(sizes), grad, out[0], depthwise=True)


def by_filter(
    attrs: Conv2DAttrs | Conv3DAttrs | DepthwiseAttrs,
    x: Node,
    sizes: Shape | None,
    grad: Node,
    out: TensorType,
    depthwise: bool = False,
) -> Node | Decline:
    """``torch.nn.grad.conv2d_weight`` in TF's filter layout."""
    if sizes is None or not all(isinstance(s, int) for s in sizes):
        return Decline("the filter's size is not static")
    shape = tuple(int(s) for s in sizes)
    kernel, (inputs, outputs) = shape[:-2], shape[-2:]
    spec = ConvSpec.of(attrs, kernel)
    x, padding = _padded(spec, spec.layout.inside(x))
    channels = x.shape[1] if x.shape is not None else None
    groups = 1
    if depthwise:
        weight, groups = (inputs * outputs, 1, *kernel), inputs
    else:
        weight = (outputs, inputs, *kernel)
        if isinstance(channels, int):
            groups = channels // inputs
    named = unlike(1, stride=spec.window.stride) | unlike(0, padding=padding)
    named |= unlike(1, dilation=spec.window.dilation, groups=(groups,))
    made: Node = call(
        f"torch.nn.grad.conv{len(kernel)}d_weight",
        x,
        weight,
        spec.layout.inside(grad),
        type=TensorType(out.dtype, weight),
        **named,
    )
    axes = FILTER[spec.layout.rank]
    if depthwise:
        axes = DEPTHWISE
        made = reshape(made, (inputs, outputs, *kernel))
    return permute(made, [axes.index(i) for i in range(len(axes))])


def _padded(spec: ConvSpec, x: Node) -> tuple[Node, tuple[int, ...]]:
    """``x`` with the padding that torch's argument cannot say, and the argument."""
    pads = spec.pads(None if x.shape is None else x.shape[2:])
    none = (0,) * len(spec.window.kernel)
    if pads is None:
        return pad_same(x, spec.window), none
    if symmetric(pads):
        return x, tuple(lo for lo, _ in pads)
    return pad(x, pads), none


# What the gradient of a pool, and the gradient of that, are called in the port.
ONCE, TWICE = "helper.max_pool_grad", "helper.max_pool_grad_grad"


def max_pool(helper: str) -> RuleFunction:
    def rule(
        x: Node,
        y: Node,
        grad: Node,
        *,
        attrs: MaxPoolAttrs,
        out: tuple[TensorType, ...],
    ) -> Node | Decline:
        if attrs.padding == "EXPLICIT":
            return Decline("the gradient of a pool with explicit padding")
        return _at_maxima(helper, x, grad, attrs, out[0])

    return rule


def max_pool_v2(helper: str) -> RuleFunction:
    def rule(
        x: Node,
        y: Node,
        grad: Node,
        ksize: Node,
        strides: Node,
        *,
        attrs: MaxPoolV2Attrs,
        out: tuple[TensorType, ...],
    ) -> Node | Decline:
        size, step = ints_of(ksize), ints_of(strides)
        if size is None or step is None:
            return Decline("the window is known only when the model runs")
        fixed = PoolAttrs(size, step, attrs.padding, attrs.data_format)
        return _at_maxima(helper, x, grad, fixed, out[0])

    return rule


def max_pool_3d(helper: str) -> RuleFunction:
    def rule(
        x: Node,
        y: Node,
        grad: Node,
        *,
        attrs: Pool3DAttrs,
        out: tuple[TensorType, ...],
    ) -> Node | Decline:
        return _at_maxima(helper, x, grad, attrs, out[0])

    return rule


rules.table(max_pool, {"MaxPoolGrad": ONCE, "MaxPoolGradGrad": TWICE})
rules.table(max_pool_v2, {"MaxPoolGradV2": ONCE, "MaxPoolGradGradV2": TWICE})
rules.table(max_pool_3d, {"MaxPool3DGrad": ONCE, "MaxPool3DGradGrad": TWICE})


def _at_maxima(
    helper: str,
    x: Node,
    grad: Node,
    attrs: MaxPoolAttrs | PoolAttrs | Pool3DAttrs,
    out: TensorType,
) -> Node | Decline:
    """The first maximum of a window gets all of its gradient; the gradient of that
    is the value at the place of the maximum."""
    layout = Layout(attrs.data_format)
    window = _window(layout, attrs)
    if window is None:
        return Decline("it pools over channels or the batch")
    made = call(
        helper,
        layout.inside(x),
        layout.inside(grad),
        window.kernel,
        window.stride,
        type=layout.inside_type(out),
        **_same(attrs.padding),
    )
    return layout.outside(made)


@dataclass(frozen=True)
class ArgmaxGradAttrs:
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    include_batch_in_index: bool = False


@rules.rule("MaxPoolGradGradWithArgmax")
def max_pool_grad_grad_with_argmax(
    x: Node,
    grad: Node,
    argmax: Node,
    *,
    attrs: ArgmaxGradAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    """``grad`` at the places that ``argmax`` names."""
    if attrs.include_batch_in_index:
        return call("torch.take", grad, argmax, type=out[0])
    return call("helper.take_in_image", grad, argmax, type=out[0])


def _window(
    layout: Layout, attrs: MaxPoolAttrs | PoolAttrs | Pool3DAttrs
) -> Window | None:
    sizes = (*attrs.ksize, *attrs.strides)
    if {sizes[0], layout.channel(attrs.ksize), layout.channel(attrs.strides)} != {1}:
        return None
    kernel = layout.spatial(attrs.ksize)
    return Window(kernel, layout.spatial(attrs.strides), (1,) * len(kernel))


def _same(padding: str) -> dict[str, Any]:
    return {"same": True} if padding == "SAME" else {}


@rules.rule("AvgPoolGrad")
def avg_pool_grad(
    sizes: Node, grad: Node, *, attrs: PoolAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _avg_grad(sizes, grad, attrs, out[0])


@rules.rule("AvgPool3DGrad")
def avg_pool_3d_grad(
    sizes: Node, grad: Node, *, attrs: Pool3DAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _avg_grad(sizes, grad, attrs, out[0])


def _avg_grad(
    sizes: Node, grad: Node, attrs: PoolAttrs | Pool3DAttrs, out: TensorType
) -> Node | Decline:
    layout, shape = Layout(attrs.data_format), sizes_of(sizes)
    window = _window(layout, attrs)
    if window is None or shape is None:
        return Decline("its window or size is known only when the model runs")
    spatial = layout.spatial(shape)
    made = call(
        "helper.avg_pool_grad",
        layout.inside(grad),
        spatial,
        window.kernel,
        window.stride,
        type=layout.inside_type(out),
        **_same(attrs.padding),
    )
    return layout.outside(made)


@rules.rule("MaxPoolGradWithArgmax")
def max_pool_grad_with_argmax(
    x: Node,
    grad: Node,
    argmax: Node,
    *,
    attrs: ArgmaxGradAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    """Put each gradient where ``argmax`` says that its maximum was."""
    named: dict[str, Any] = {}
    if attrs.include_batch_in_index:
        named["with_batch"] = True
    return call("helper.max_unpool", grad, argmax, x, type=out[0], **named)
