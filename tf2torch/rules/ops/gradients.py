"""Gradient ops that a training graph spells out: activations, biases, normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import call, const, outs
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.norm import LrnAttrs
from tf2torch.rules.ops.padding import Layout
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS, in_int64

rules = RuleSet("gradients")

SELU_SCALE = 1.0507009873554805
SELU_SCALE_ALPHA = 1.7580993408473768


def where_positive(x: Node) -> Node:
    return call(">", x, const(0, x.dtype), type=x.type.with_dtype("bool"))


@rules.rule("ReluGrad")
def relu_grad(grad: Node, x: Node, *, out: tuple[TensorType, ...]) -> Node:
    """``x`` may be the activation's result as well."""
    if x.dtype in WITHOUT_KERNELS:
        return in_int64(_where_not_zero, grad, x, dtype=x.dtype)
    return call("*", grad, where_positive(x), type=out[0])


def _where_not_zero(grad: Node, x: Node) -> Node:
    return call("*", grad, call("!=", x, const(0, x.dtype), type=x.type))


@rules.rule("Relu6Grad")
def relu6_grad(grad: Node, x: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    if x.dtype in WITHOUT_KERNELS:
        return Decline(f"torch compares no {x.dtype}")
    below = call("<", x, const(6, x.dtype), type=x.type.with_dtype("bool"))
    inside = call("&", where_positive(x), below, type=below.type)
    return call("*", grad, inside, type=out[0])


@rules.rule("EluGrad")
def elu_grad(grad: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node:
    """The slope of eˣ - 1 is y + 1."""
    slope = call("+", y, const(1, y.dtype), type=y.type)
    negative = call("*", grad, slope, type=out[0])
    return _where_negative(y, negative, grad, out[0])


@rules.rule("SeluGrad")
def selu_grad(grad: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node:
    slope = call("+", y, const(SELU_SCALE_ALPHA, y.dtype), type=y.type)
    negative = call("*", grad, slope, type=out[0])
    positive = call("*", grad, const(SELU_SCALE, y.dtype), type=out[0])
    return _where_negative(y, negative, positive, out[0])


def _where_negative(y: Node, negative: Node, positive: Node, type: TensorType) -> Node:
    below = call("<", y, const(0, y.dtype), type=y.type.with_dtype("bool"))
    return call("torch.where", below, negative, positive, type=type)


@dataclass(frozen=True)
class LeakyReluAttrs:
    alpha: float = 0.2


@rules.rule("LeakyReluGrad")
def leaky_relu_grad(
    grad: Node, x: Node, *, attrs: LeakyReluAttrs, out: tuple[TensorType, ...]
) -> Node:
    alpha = float(np.float32(attrs.alpha)) if x.dtype == "float64" else attrs.alpha
    sloped = call("*", grad, const(alpha, grad.dtype), type=out[0])
    return call("torch.where", where_positive(x), grad, sloped, type=out[0])


@rules.rule("SoftplusGrad")
def softplus_grad(grad: Node, x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("*", grad, call("torch.sigmoid", x, type=x.type), type=out[0])


@rules.rule("SoftsignGrad")
def softsign_grad(grad: Node, x: Node, *, out: tuple[TensorType, ...]) -> Node:
    """1 / (1 + |x|)²"""
    size = call("+", call(".abs", x, type=x.type), const(1, x.dtype), type=x.type)
    return call("/", grad, call(".square", size, type=x.type), type=out[0])


@dataclass(frozen=True)
class BiasAttrs:
    data_format: str = "NHWC"


@rules.rule("BiasAddGrad")
def bias_add_grad(
    grad: Node, *, attrs: BiasAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """The sum over all axes but the channels'."""
    if grad.rank is None:
        return Decline("the rank of the gradient is not known")
    channel = 1 if attrs.data_format == "NCHW" else grad.rank - 1
    axes = tuple(a for a in range(grad.rank) if a != channel)
    return call(".sum", grad, axes, type=out[0])


@dataclass(frozen=True)
class BatchNormGradAttrs:
    epsilon: float = 1e-4
    data_format: str = "NHWC"
    is_training: bool = True


@rules.rule("FusedBatchNormGrad", "FusedBatchNormGradV2")
def fused_batch_norm_grad(
    grad: Node,
    x: Node,
    scale: Node,
    mean: Node,
    variance: Node,
    *,
    attrs: BatchNormGradAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """By the input, scale and offset, given the statistics that were used."""
    layout = Layout(attrs.data_format)
    types = (layout.inside_type(out[0]), out[1], out[2])
    made = call(
        "helper.batch_norm_grad",
        layout.inside(grad),
        layout.inside(x),
        scale,
        mean,
        variance,
        eps=attrs.epsilon,
        training=attrs.is_training,
        types=types,
    )
    dx, dscale, doffset = outs(made)
    empty = const([], "float32")
    return layout.outside(dx), dscale, doffset, empty, empty


@rules.rule("FusedBatchNormGradV3")
def fused_batch_norm_grad_v3(
    grad: Node,
    x: Node,
    scale: Node,
    mean: Node,
    variance: Node,
    reserve: Node,
    *,
    attrs: BatchNormGradAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    return fused_batch_norm_grad(grad, x, scale, mean, variance, attrs=attrs, out=out)


@rules.rule("LRNGrad")
def lrn_grad(
    grad: Node, x: Node, y: Node, *, attrs: LrnAttrs, out: tuple[TensorType, ...]
) -> Node:
    layout = Layout("NHWC")
    made = call(
        "helper.local_response_norm_grad",
        layout.inside(grad),
        layout.inside(x),
        attrs.depth_radius,
        attrs.alpha,
        attrs.beta,
        attrs.bias,
        type=layout.inside_type(out[0]),
    )
    return layout.outside(made)
