"""Matrix products and einsum."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, permute
from tf2torch.ir.nodes import Node, Param
from tf2torch.ir.types import COMPLEX, FLOATS, TensorType
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS

rules = RuleSet("matmul")


@dataclass(frozen=True)
class MatMulAttrs:
    """``grad_*`` say that the op computes a gradient; the value is the same."""

    transpose_a: bool = False
    transpose_b: bool = False
    grad_a: bool = False
    grad_b: bool = False


@rules.rule("MatMul")
def matmul(
    a: Node, b: Node, *, attrs: MatMulAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    a = transposed(a) if attrs.transpose_a else a
    b = transposed(b) if attrs.transpose_b else b
    return product(a, b, out[0])


@dataclass(frozen=True)
class BatchMatMulAttrs:
    adj_x: bool = False
    adj_y: bool = False
    grad_x: bool = False
    grad_y: bool = False


@rules.rule("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def batch_matmul(
    x: Node, y: Node, *, attrs: BatchMatMulAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    x = adjoint(x) if attrs.adj_x else x
    y = adjoint(y) if attrs.adj_y else y
    return product(x, y, out[0])


def product(x: Node, y: Node, out: TensorType) -> Node | Decline:
    """``x @ y``; integers multiply in the type of the result."""
    if out.dtype in WITHOUT_KERNELS:
        return Decline(f"torch multiplies no matrices of {out.dtype}")
    return call("@", cast(x, out.dtype), cast(y, out.dtype), type=out)


def transposed(x: Node) -> Node:
    """The last two axes swapped; of a weight as an arrangement of its own."""
    if isinstance(x, Param) and x.rank is not None:
        axes = range(x.rank)
        return permute(x, (*axes[:-2], *reversed(axes[-2:])))
    return call("@mT", x, type=_swapped(x.type))


def adjoint(x: Node) -> Node:
    if x.dtype not in COMPLEX:
        return transposed(x)
    return call("@mH", x, type=_swapped(x.type))


def _swapped(type: TensorType) -> TensorType:
    if type.shape is None:
        return type
    return type.with_shape((*type.shape[:-2], type.shape[-1], type.shape[-2]))


@dataclass(frozen=True)
class EinsumAttrs:
    equation: str


@rules.rule("Einsum")
def einsum(
    xs: tuple[Node, ...], *, attrs: EinsumAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    if out[0].dtype not in FLOATS | COMPLEX | {"int32", "int64"}:
        return Decline(f"torch has no einsum of {out[0].dtype}")
    equation = attrs.equation.replace(" ", "")
    return call("torch.einsum", equation, *xs, type=out[0])
