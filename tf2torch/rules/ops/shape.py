"""Identities, reshapes, and the order, number and sizes of axes."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, ints_of, outs, permute
from tf2torch.ir.nodes import Attr, DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import axis_arg, elements_of, sizes_arg
from tf2torch.rules.reshaping import spell_reshape
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("shape")


# --- reshape ---------------------------------------------------------------------


@rules.rule("Reshape")
def reshape(x: Node, shape: Node, *, out: tuple[TensorType, ...]) -> Node:
    target = elements_of(shape)
    if target is None:
        return call(".reshape", x, call(".tolist", shape), type=out[0])
    return spell_reshape(x, target, out[0])


@dataclass(frozen=True)
class ShapeAttrs:
    shape: Attr


@rules.rule("EnsureShape")
def ensure_shape(x: Node, *, attrs: ShapeAttrs) -> Node:
    """TensorFlow checks the sizes when it runs; the value passes unchanged."""
    return x


@rules.rule("ExpandDims")
def expand_dims(x: Node, dim: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call(".unsqueeze", x, axis_arg(dim), type=out[0])


@dataclass(frozen=True)
class SqueezeAttrs:
    squeeze_dims: tuple[int, ...] = ()


@rules.rule("Squeeze")
def squeeze(x: Node, *, attrs: SqueezeAttrs, out: tuple[TensorType, ...]) -> Node:
    """Without axes every size that is 1 when the model runs goes, the batch too."""
    axes = attrs.squeeze_dims
    if not axes and x.type.static_shape() is not None:
        axes = tuple(i for i, size in enumerate(x.shape or ()) if size == 1)
        if not axes:
            return x
    if len(axes) > 1:
        return call(".squeeze", x, axes, type=out[0])
    return call(".squeeze", x, *axes, type=out[0])


# --- order of axes ---------------------------------------------------------------


@rules.rule("Transpose")
def transpose(x: Node, perm: Node, *, out: tuple[TensorType, ...]) -> Node:
    axes = ints_of(perm)
    if axes is None:
        return call("torch.permute", x, call(".tolist", perm), type=out[0])
    return permute(x, [a % len(axes) for a in axes])


@rules.rule("ConjugateTranspose")
def conjugate_transpose(x: Node, perm: Node, *, out: tuple[TensorType, ...]) -> Node:
    moved = transpose(x, perm, out=out)
    if not x.dtype.startswith("complex"):
        return moved
    return call(".resolve_conj", call(".conj", moved, type=out[0]), type=out[0])


# --- sizes -----------------------------------------------------------------------


@rules.rule("Shape")
def shape(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    """Only of a tensor whose rank is unknown; all others became Sizes."""
    return call("torch.tensor", call("@shape", x), dtype=DType(out[0].dtype))


@rules.rule("ShapeN")
def shape_n(xs: tuple[Node, ...], *, out: tuple[TensorType, ...]) -> tuple[Node, ...]:
    return tuple(
        call("torch.tensor", call("@shape", x), dtype=DType(t.dtype))
        for x, t in zip(xs, out, strict=True)
    )


@rules.rule("Size")
def size(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("torch.tensor", call(".numel", x), dtype=DType(out[0].dtype))


@rules.rule("Rank")
def rank(x: Node) -> Node:
    return call("torch.tensor", call("@ndim", x), dtype=DType("int32"))


# --- broadcasting ----------------------------------------------------------------


@rules.rule("BroadcastTo")
def broadcast_to(x: Node, shape: Node, *, out: tuple[TensorType, ...]) -> Node:
    target = elements_of(shape)
    if target is None:
        return call("torch.broadcast_to", x, call(".tolist", shape), type=out[0])
    if x.shape is None:
        return call("torch.broadcast_to", x, target, type=out[0])
    if x.shape == target:
        return x
    new = len(target) - len(x.shape)
    kept = [i >= new and x.shape[i - new] == size for i, size in enumerate(target)]
    sizes = tuple(-1 if k else size for k, size in zip(kept, target, strict=True))
    return call(".expand", x, sizes, type=out[0])


@rules.rule("BroadcastArgs")
def broadcast_args(s0: Node, s1: Node, *, out: tuple[TensorType, ...]) -> Node:
    joint = call("torch.broadcast_shapes", sizes_arg(s0), sizes_arg(s1))
    return call("torch.tensor", joint, dtype=DType(out[0].dtype))


@rules.rule("BroadcastGradientArgs")
def broadcast_gradient_args(
    s0: Node, s1: Node, *, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    """The axes along which the gradients of a broadcast are summed."""
    shapes = sizes_arg(s0), sizes_arg(s1)
    return outs(call("helper.reduced_axes", *shapes, DType(out[0].dtype), types=out))
