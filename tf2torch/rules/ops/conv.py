"""Convolutions: TF's HWIO filters become torch's OIHW weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, permute, reshape
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import INTS, Dim, Shape, TensorType
from tf2torch.rules.ops.padding import (
    Layout,
    Pads,
    Window,
    one_or_all,
    pad,
    pad_same,
    symmetric,
    unlike,
)
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("conv")

# TF filter axes in torch's order: [kh, kw, in, out] → [out, in, kh, kw].
FILTER = {4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}
# A depthwise filter [kh, kw, in, multiplier] → [in, multiplier, kh, kw].
DEPTHWISE = (2, 3, 0, 1)


@dataclass(frozen=True)
class Conv2DAttrs:
    strides: tuple[int, ...]
    padding: str
    use_cudnn_on_gpu: bool = True
    explicit_paddings: tuple[int, ...] = ()
    data_format: str = "NHWC"
    dilations: tuple[int, ...] = (1, 1, 1, 1)


@dataclass(frozen=True)
class Conv3DAttrs:
    strides: tuple[int, ...]
    padding: str
    data_format: str = "NDHWC"
    dilations: tuple[int, ...] = (1, 1, 1, 1, 1)


@dataclass(frozen=True)
class DepthwiseAttrs:
    strides: tuple[int, ...]
    padding: str
    explicit_paddings: tuple[int, ...] = ()
    data_format: str = "NHWC"
    dilations: tuple[int, ...] = (1, 1, 1, 1)


@dataclass(frozen=True)
class ConvAttrs:
    strides: tuple[int, ...]
    padding: str
    explicit_paddings: tuple[int, ...] = ()
    data_format: str = "CHANNELS_LAST"
    dilations: tuple[int, ...] = ()
    batch_dims: int = 1
    groups: int = 1


@dataclass(frozen=True)
class ConvSpec:
    """What all convolutions share, read from their attributes."""

    layout: Layout
    window: Window
    padding: str
    explicit: Pads

    @classmethod
    def of(
        cls,
        attrs: Conv2DAttrs | Conv3DAttrs | DepthwiseAttrs | ConvAttrs,
        kernel: tuple[int, ...],
    ) -> ConvSpec:
        layout = layout_of(attrs.data_format, len(kernel))
        dilations = attrs.dilations or (1,) * layout.rank
        window = Window(
            kernel, layout.spatial(attrs.strides), layout.spatial(dilations)
        )
        paddings = getattr(attrs, "explicit_paddings", ())
        return cls(
            layout,
            window,
            attrs.padding,
            layout.explicit(paddings) if attrs.padding == "EXPLICIT" else (),
        )

    def pads(self, sizes: Shape | None) -> Pads | None:
        """Padding for inputs of these spatial sizes; None where it depends on them."""
        if self.padding == "SAME":
            return self.window.same_pads(sizes)
        return self.explicit or ((0, 0),) * len(self.window.kernel)


def layout_of(data_format: str, spatial: int) -> Layout:
    """``data_format`` as a layout; the generic ops spell it out in words."""
    if data_format == "CHANNELS_LAST":
        return Layout({2: "NHWC", 3: "NDHWC"}[spatial])
    if data_format == "CHANNELS_FIRST":
        return Layout({2: "NCHW", 3: "NCDHW"}[spatial])
    return Layout(data_format)


def kernel_of(w: Node, spatial: int) -> tuple[int, ...] | None:
    """The window of a TF filter; None when it is not static."""
    sizes = () if w.shape is None else w.shape[:spatial]
    if len(sizes) != spatial or not all(isinstance(s, int) for s in sizes):
        return None
    return tuple(int(s) for s in sizes)


def groups_of(x: Node, w: Node, layout: Layout) -> int:
    """Input channels over the filter's; 1, which torch checks, where unknown."""
    if x.shape is None or w.shape is None:
        return 1
    channels, each = (x.shape[1] if layout.first else x.shape[-1]), w.shape[-2]
    if not isinstance(channels, int) or not isinstance(each, int) or not each:
        return 1
    return channels // each


@rules.rule("Conv2D")
def conv2d(
    x: Node, w: Node, *, attrs: Conv2DAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    kernel = kernel_of(w, 2)
    if kernel is None:
        return Decline("the filter's size is not static")
    spec = ConvSpec.of(attrs, kernel)
    return convolution(spec, x, w, groups_of(x, w, spec.layout), out[0])


@rules.rule("Conv3D")
def conv3d(
    x: Node, w: Node, *, attrs: Conv3DAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    kernel = kernel_of(w, 3)
    if kernel is None:
        return Decline("the filter's size is not static")
    spec = ConvSpec.of(attrs, kernel)
    return convolution(spec, x, w, groups_of(x, w, spec.layout), out[0])


@rules.rule("Conv")
def conv(
    x: Node, w: Node, *, attrs: ConvAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """The generic convolution of two or three spatial axes."""
    if attrs.batch_dims != 1 or w.rank not in FILTER:
        return Decline("more than one batch axis")
    kernel = kernel_of(w, w.rank - 2)
    if kernel is None:
        return Decline("the filter's size is not static")
    return convolution(ConvSpec.of(attrs, kernel), x, w, attrs.groups, out[0])


def convolution(
    spec: ConvSpec, x: Node, w: Node, groups: int, out: TensorType
) -> Node | Decline:
    """``F.conv2d``/``F.conv3d`` of a TF filter."""
    weight = permute(w, FILTER[spec.layout.rank])
    return windowed(spec, x, weight, groups, out)


@rules.rule("DepthwiseConv2dNative")
def depthwise_conv2d(
    x: Node, w: Node, *, attrs: DepthwiseAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """One group per channel; output channel ``c·multiplier + m`` in both worlds."""
    kernel = kernel_of(w, 2)
    if kernel is None or w.shape is None:
        return Decline("the filter's size is not static")
    weight = depthwise_weight(w)
    return windowed(ConvSpec.of(attrs, kernel), x, weight, w.shape[2], out[0])


def depthwise_weight(w: Node) -> Node:
    """[kh, kw, in, multiplier] → [in·multiplier, 1, kh, kw]."""
    weight = permute(w, DEPTHWISE)
    assert weight.shape is not None
    channels, multiplier, *kernel = weight.shape
    return (
        weight
        if multiplier == 1
        else reshape(weight, (channels * multiplier, 1, *kernel))
    )


def windowed(
    spec: ConvSpec, x: Node, weight: Node, groups: Dim, out: TensorType
) -> Node | Decline:
    """The convolution of ``x`` with a torch weight, padding included."""
    if out.dtype in INTS:
        return Decline("torch does not convolve integers")
    layout, window = spec.layout, spec.window
    x, padding = padded(spec, layout.inside(x))
    if padding != 0:
        extra: dict[str, Any] = {"padding": padding}
    else:
        extra = {}
    stride = unlike(1, stride=window.stride)
    rest = unlike(1, dilation=window.dilation, groups=(groups,))
    y = call(
        f"F.conv{len(window.kernel)}d",
        x,
        weight,
        type=layout.inside_type(out),
        **stride,
        **extra,
        **rest,
    )
    return layout.outside(y)


def padded(spec: ConvSpec, x: Node) -> tuple[Node, Arg]:
    """A channels-first ``x``, padded if need be, and torch's ``padding`` argument."""
    pads = spec.pads(None if x.shape is None else x.shape[2:])
    if pads is None:
        return pad_same(x, spec.window), 0
    if symmetric(pads):
        return x, one_or_all([lo for lo, _ in pads])
    if spec.padding == "SAME" and set(spec.window.stride) == {1}:
        return x, "same"
    return pad(x, pads), 0
