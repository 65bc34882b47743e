"""Ops that graph optimisers make of several: taken apart again."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops import activation
from tf2torch.rules.ops.bias import BiasAddAttrs, bias_add
from tf2torch.rules.ops.conv import (
    Conv2DAttrs,
    DepthwiseAttrs,
    conv2d,
    depthwise_conv2d,
)
from tf2torch.rules.ops.matmul import MatMulAttrs, matmul
from tf2torch.rules.ops.norm import FusedBatchNormAttrs, fused_batch_norm
from tf2torch.rules.ops.pad import ModeAttrs, mirror_pad
from tf2torch.rules.ops.resize import ResizeAttrs, resize_bilinear
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("fused")

ACTIVATIONS = {
    "Elu": "F.elu",
    "Relu": "F.relu",
    "Relu6": "F.relu6",
    "Sigmoid": "torch.sigmoid",
    "Tanh": "torch.tanh",
    "_MklSwish": "F.silu",
    "_FusedHardSwish": "F.hardswish",
}
GELU = {"GeluApproximate": "tanh", "GeluExact": "none"}


@dataclass(frozen=True)
class Epilogue:
    """What comes after the fused convolution or product, in order."""

    ops: tuple[str, ...]
    epsilon: float
    alpha: float
    data_format: str = "NHWC"

    def apply(self, x: Node, args: tuple[Node, ...]) -> Node | Decline:
        """Bias, normalisation and activation; each takes its operands off ``args``."""
        rest = list(args)
        for op in self.ops:
            made = self._one(op, x, rest)
            if isinstance(made, Decline):
                return made
            x = made
        return x

    def _one(self, op: str, x: Node, rest: list[Node]) -> Node | Decline:
        if op == "BiasAdd":
            attrs = BiasAddAttrs(self.data_format)
            return bias_add(x, rest.pop(0), attrs=attrs, out=(x.type,))
        if op == "Add":
            return call("+", x, rest.pop(0), type=x.type)
        if op == "FusedBatchNorm":
            scale, offset, mean, variance = (rest.pop(0) for _ in range(4))
            norm = FusedBatchNormAttrs(
                self.epsilon, data_format=self.data_format, is_training=False
            )
            types = (x.type, *(n.type for n in (mean, variance, mean, variance)))
            args = (x, scale, offset, mean, variance)
            made = fused_batch_norm(*args, attrs=norm, out=types)
            return made if isinstance(made, Decline) else made[0]
        if op == "LeakyRelu":
            leaky = activation.LeakyReluAttrs(self.alpha)
            return activation.leaky_relu(x, attrs=leaky)
        if op in GELU:
            return call("F.gelu", x, approximate=GELU[op], type=x.type)
        if op in ACTIVATIONS:
            return call(ACTIVATIONS[op], x, type=x.type)
        return Decline(f"{op} fused into it")


@dataclass(frozen=True)
class FusedConvAttrs:
    num_args: int
    strides: tuple[int, ...]
    padding: str
    explicit_paddings: tuple[int, ...] = ()
    data_format: str = "NHWC"
    filter_format: str = "HWIO"
    dilations: tuple[int, ...] = (1, 1, 1, 1)
    use_cudnn_on_gpu: bool = True
    fused_ops: tuple[str, ...] = ()
    epsilon: float = 1e-4
    leakyrelu_alpha: float = 0.2


@rules.rule("_FusedConv2D")
def fused_conv2d(
    x: Node,
    w: Node,
    args: tuple[Node, ...],
    host_args: tuple[Node, ...],
    *,
    attrs: FusedConvAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    if attrs.filter_format != "HWIO" or host_args:
        return Decline(f"filters in the order {attrs.filter_format}")
    conv = Conv2DAttrs(
        attrs.strides,
        attrs.padding,
        explicit_paddings=attrs.explicit_paddings,
        data_format=attrs.data_format,
        dilations=attrs.dilations,
    )
    y = conv2d(x, w, attrs=conv, out=out)
    if isinstance(y, Decline):
        return y
    epilogue = Epilogue(
        attrs.fused_ops, attrs.epsilon, attrs.leakyrelu_alpha, attrs.data_format
    )
    return epilogue.apply(y, args)


@dataclass(frozen=True)
class FusedDepthwiseAttrs:
    strides: tuple[int, ...]
    padding: str
    explicit_paddings: tuple[int, ...] = ()
    data_format: str = "NHWC"
    dilations: tuple[int, ...] = (1, 1, 1, 1)
    fused_ops: tuple[str, ...] = ()
    epsilon: float = 1e-4
    leakyrelu_alpha: float = 0.2


@rules.rule("_FusedDepthwiseConv2dNative")
def fused_depthwise_conv2d(
    x: Node,
    w: Node,
    args: tuple[Node, ...],
    *,
    attrs: FusedDepthwiseAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    conv = DepthwiseAttrs(
        attrs.strides,
        attrs.padding,
        attrs.explicit_paddings,
        attrs.data_format,
        attrs.dilations,
    )
    y = depthwise_conv2d(x, w, attrs=conv, out=out)
    if isinstance(y, Decline):
        return y
    epilogue = Epilogue(
        attrs.fused_ops, attrs.epsilon, attrs.leakyrelu_alpha, attrs.data_format
    )
    return epilogue.apply(y, args)


@dataclass(frozen=True)
class FusedMatMulAttrs:
    transpose_a: bool = False
    transpose_b: bool = False
    fused_ops: tuple[str, ...] = ()
    epsilon: float = 1e-4
    leakyrelu_alpha: float = 0.2


@rules.rule("_FusedMatMul")
def fused_mat_mul(
    a: Node,
    b: Node,
    args: tuple[Node, ...],
    *,
    attrs: FusedMatMulAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    plain = MatMulAttrs(attrs.transpose_a, attrs.transpose_b)
    y = matmul(a, b, attrs=plain, out=out)
    if isinstance(y, Decline):
        return y
    epilogue = Epilogue(attrs.fused_ops, attrs.epsilon, attrs.leakyrelu_alpha)
    return epilogue.apply(y, args)


@dataclass(frozen=True)
class FusedBatchNormExAttrs:
    epsilon: float = 1e-4
    exponential_avg_factor: float = 1.0
    activation_mode: str = "Identity"
    data_format: str = "NHWC"
    is_training: bool = True


@rules.rule("_FusedBatchNormEx")
def fused_batch_norm_ex(
    x: Node,
    scale: Node,
    offset: Node,
    mean: Node,
    variance: Node,
    side: tuple[Node, ...],
    *,
    attrs: FusedBatchNormExAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    norm = FusedBatchNormAttrs(
        attrs.epsilon,
        attrs.exponential_avg_factor,
        attrs.data_format,
        attrs.is_training,
    )
    args = (x, scale, offset, mean, variance)
    made = fused_batch_norm(*args, attrs=norm, out=out)
    if isinstance(made, Decline):
        return made
    y = made[0]
    for other in side:
        y = call("+", y, other, type=y.type)
    if attrs.activation_mode != "Identity":
        y = call(ACTIVATIONS[attrs.activation_mode], y, type=y.type)
    return (y, *made[1:])


@dataclass(frozen=True)
class FusedPadConvAttrs:
    mode: str
    strides: tuple[int, ...]
    padding: str


@rules.rule("FusedPadConv2D")
def fused_pad_conv2d(
    x: Node,
    paddings: Node,
    w: Node,
    *,
    attrs: FusedPadConvAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    """Mirror padding, then a convolution."""
    typed = x.type.with_shape(None)
    mirrored = mirror_pad(x, paddings, attrs=ModeAttrs(attrs.mode), out=(typed,))
    if isinstance(mirrored, Decline):
        return mirrored
    assert isinstance(mirrored, Node)
    conv = Conv2DAttrs(attrs.strides, attrs.padding)
    return conv2d(mirrored, w, attrs=conv, out=out)


@dataclass(frozen=True)
class FusedResizeConvAttrs(FusedPadConvAttrs):
    resize_align_corners: bool = False


@rules.rule("FusedResizeAndPadConv2D")
def fused_resize_and_pad_conv2d(
    x: Node,
    size: Node,
    paddings: Node,
    w: Node,
    *,
    attrs: FusedResizeConvAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    """Bilinear resizing, mirror padding, then a convolution."""
    how = ResizeAttrs(align_corners=attrs.resize_align_corners)
    typed = x.type.with_shape(None)
    resized = resize_bilinear(x, size, attrs=how, out=(typed,))
    rest = FusedPadConvAttrs(attrs.mode, attrs.strides, attrs.padding)
    return fused_pad_conv2d(resized, paddings, w, attrs=rest, out=out)
