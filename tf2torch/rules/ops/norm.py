"""Batch normalisation, local response normalisation and the L2 loss."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, const
from tf2torch.ir.nodes import Const, Node, Param
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.padding import Layout
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("norm")


@dataclass(frozen=True)
class FusedBatchNormAttrs:
    epsilon: float = 1e-4
    exponential_avg_factor: float = 1.0
    data_format: str = "NHWC"
    is_training: bool = True


@rules.rule("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def fused_batch_norm(
    x: Node,
    scale: Node,
    offset: Node,
    mean: Node,
    variance: Node,
    *,
    attrs: FusedBatchNormAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    """``F.batch_norm``; the statistics behind it are the reserve spaces too.

    TF passes no gradient through the statistics, neither given nor computed ones.
    """
    layout = Layout(attrs.data_format)
    if layout.rank not in (4, 5):
        return Decline(f"data format {attrs.data_format}")
    inner, type = layout.inside(x), layout.inside_type(out[0])
    if attrs.is_training:
        y = call(
            "F.batch_norm",
            inner,
            None,
            None,
            scale,
            offset,
            training=True,
            eps=attrs.epsilon,
            type=type,
        )
        stats = batch_statistics(inner, mean, variance, attrs, out)
    else:
        args = (inner, given(mean), given(variance), scale, offset)
        y = call("F.batch_norm", *args, eps=attrs.epsilon, type=type)
        stats = (mean, variance, mean, variance)
    results = (layout.outside(y), *stats)
    if len(out) == 6:  # the third reserve space is empty on a CPU
        results = (*results, const([], "float32"))
    return results


def given(statistic: Node) -> Node:
    """Statistics that are computed or trained cut off from the gradient, which torch
    insists on."""
    if isinstance(statistic, Const):
        return statistic
    if isinstance(statistic, Param) and not statistic.variable.trainable:
        return statistic
    return call(".detach", statistic, type=statistic)


def batch_statistics(
    x: Node,
    mean: Node,
    variance: Node,
    attrs: FusedBatchNormAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """Mean and unbiased variance, moved towards; then the raw mean and biased one."""
    axes = (0, *range(2, Layout(attrs.data_format).rank))
    inner = call(".detach", x, type=x.type)
    if x.dtype != out[1].dtype:
        inner = call(".float", inner, type=x.type.with_dtype(out[1].dtype))
    now = call(".mean", inner, axes, type=out[1])
    var = call("helper.unbiased_variance", inner, axes, type=out[2])
    biased = call(".var", inner, axes, correction=0, type=out[4])
    factor = attrs.exponential_avg_factor
    if factor == 1.0:
        return now, var, now, biased
    moved = (
        call("torch.lerp", mean, now, factor, type=out[1]),
        call("torch.lerp", variance, var, factor, type=out[2]),
    )
    return (*moved, now, biased)


@dataclass(frozen=True)
class GlobalNormAttrs:
    variance_epsilon: float
    scale_after_normalization: bool


@rules.rule("BatchNormWithGlobalNormalization")
def batch_norm_with_global_normalization(
    x: Node,
    mean: Node,
    variance: Node,
    beta: Node,
    gamma: Node,
    *,
    attrs: GlobalNormAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    """The op of 2015: channels last, and with gradients to the statistics."""
    eps = const(attrs.variance_epsilon, variance.dtype)
    inv = call("torch.rsqrt", call("+", variance, eps, type=variance), type=variance)
    if attrs.scale_after_normalization:
        inv = call("*", inv, gamma, type=variance)
    centred = call("-", x, mean, type=x)
    return call("+", call("*", centred, inv, type=x), beta, type=out[0])


@dataclass(frozen=True)
class LrnAttrs:
    depth_radius: int = 5
    bias: float = 1.0
    alpha: float = 1.0
    beta: float = 0.5


@rules.rule("LRN")
def lrn(x: Node, *, attrs: LrnAttrs, out: tuple[TensorType, ...]) -> Node:
    """x / (bias + alpha·Σ x²)^beta; torch's alpha is divided by the window's size."""
    layout = Layout("NHWC")
    size = 2 * attrs.depth_radius + 1
    wide = "float32" if x.dtype == "float16" else x.dtype
    y = call(
        "F.local_response_norm",
        cast(layout.inside(x), wide),
        size,
        alpha=attrs.alpha * size,
        beta=attrs.beta,
        k=attrs.bias,
        type=layout.inside_type(out[0]).with_dtype(wide),
    )
    return layout.outside(cast(y, x.dtype))


@rules.rule("L2Loss")
def l2_loss(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    """Σ x² / 2."""
    squares = call(".sum", call(".square", x, type=x), type=out[0])
    return call("/", squares, const(2, x.dtype), type=out[0])
