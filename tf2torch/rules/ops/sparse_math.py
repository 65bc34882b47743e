"""Arithmetic on sparse tensors and segments of gathered rows."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, ints_of, outs
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ops.sparse import shape_arg
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("sparse_math")
Types = tuple[TensorType, ...]


# --- segments of gathered rows: embedding_lookup_sparse -------------------------------


@dataclass(frozen=True)
class SegmentAttrs:
    sparse_gradient: bool


def _segment(name: str) -> RuleFunction:
    def rule(
        x: Node, indices: Node, segments: Node, *, attrs: SegmentAttrs, out: Types
    ) -> Node:
        return call(f"helper.{name}", x, indices, segments, type=out[0])

    return rule


def _counted_segment(name: str) -> RuleFunction:
    def rule(
        x: Node,
        indices: Node,
        segments: Node,
        count: Node,
        *,
        attrs: SegmentAttrs,
        out: Types,
    ) -> Node:
        number = number_arg(count)
        return call(f"helper.{name}", x, indices, segments, number, type=out[0])

    return rule


NAMES = {
    "SparseSegmentSum": "sparse_segment_sum",
    "SparseSegmentMean": "sparse_segment_mean",
    "SparseSegmentSqrtN": "sparse_segment_sqrt_n",
}
rules.table(_segment, NAMES)
rules.table(_counted_segment, {f"{k}WithNumSegments": v for k, v in NAMES.items()})

POWERS = {"SparseSegmentSum": 0.0, "SparseSegmentMean": 1.0, "SparseSegmentSqrtN": 0.5}


def _segment_grad(power: float) -> RuleFunction:
    def rule(
        grad: Node, indices: Node, segments: Node, rows: Node, *, out: Types
    ) -> Node:
        args = (grad, indices, segments, number_arg(rows), power)
        return call("helper.sparse_segment_grad", *args, type=out[0])

    return rule


def _segment_grad_rows(power: float) -> RuleFunction:
    def rule(
        grad: Node, indices: Node, segments: Node, rows: Node, *, out: Types
    ) -> tuple[Node, ...]:
        args = (grad, indices, segments, power)
        return outs(call("helper.sparse_segment_grad_rows", *args, types=out))

    return rule


for op, power in POWERS.items():
    rules.add(f"{op}Grad", _segment_grad(power))
    rules.add(f"{op}GradV2", _segment_grad_rows(power))


# --- products and sums ----------------------------------------------------------------


@dataclass(frozen=True)
class MatMulAttrs:
    adjoint_a: bool
    adjoint_b: bool


@rules.rule("SparseTensorDenseMatMul")
def sparse_tensor_dense_matmul(
    indices: Node,
    values: Node,
    shape: Node,
    dense: Node,
    *,
    attrs: MatMulAttrs,
    out: Types,
) -> Node:
    adjoint = attrs.adjoint_a or attrs.adjoint_b
    flags = (attrs.adjoint_a, attrs.adjoint_b) if adjoint else ()
    args = (cast(indices, "int64"), values, shape_arg(shape), dense)
    return call("helper.sparse_dense_matmul", *args, *flags, type=out[0])


@dataclass(frozen=True)
class DenseMatMulAttrs:
    transpose_a: bool
    transpose_b: bool
    a_is_sparse: bool
    b_is_sparse: bool


@rules.rule("SparseMatMul")
def sparse_mat_mul(x: Node, y: Node, *, attrs: DenseMatMulAttrs, out: Types) -> Node:
    """Dense operands; that one of them is mostly zeros only chooses a kernel."""
    x, y = cast(x, "float32"), cast(y, "float32")
    left = call("@T", x) if attrs.transpose_a else x
    right = call("@T", y) if attrs.transpose_b else y
    return call("@", left, right, type=out[0])


@rules.rule("SparseAdd")
def sparse_add(
    a_indices: Node,
    a_values: Node,
    a_shape: Node,
    b_indices: Node,
    b_values: Node,
    b_shape: Node,
    threshold: Node,
    *,
    out: Types,
) -> tuple[Node, ...]:
    limit = number_arg(threshold)
    rest = () if limit == 0 else (limit,)
    pairs = ((a_indices, a_values), (b_indices, b_values), shape_arg(a_shape))
    made = outs(call("helper.sparse_add", *pairs, *rest, types=out[:2]))
    return (*made, a_shape)


def _extreme(largest: str) -> RuleFunction:
    def rule(
        a_indices: Node,
        a_values: Node,
        a_shape: Node,
        b_indices: Node,
        b_values: Node,
        b_shape: Node,
        *,
        out: Types,
    ) -> tuple[Node, ...]:
        pairs = ((a_indices, a_values), (b_indices, b_values), shape_arg(a_shape))
        flag = largest == "max"
        return outs(call("helper.sparse_extreme", *pairs, flag, types=out))

    return rule


rules.table(_extreme, {"SparseSparseMaximum": "max", "SparseSparseMinimum": "min"})


@rules.rule("SparseTensorDenseAdd")
def sparse_tensor_dense_add(
    indices: Node, values: Node, shape: Node, dense: Node, *, out: Types
) -> Node:
    return call("helper.add_entries", dense, indices, values, type=out[0])


def _cwise(operator: str) -> RuleFunction:
    def rule(
        indices: Node, values: Node, shape: Node, dense: Node, *, out: Types
    ) -> Node:
        args = (dense, indices, shape_arg(shape))
        other = call("helper.at_entries", *args, type=out[0])
        if operator == "/" and not out[0].dtype.startswith(("float", "bf", "complex")):
            return call("torch.div", values, other, rounding_mode="trunc", type=out[0])
        return call(operator, values, other, type=out[0])

    return rule


rules.table(
    _cwise,
    {
        "SparseDenseCwiseAdd": "+",
        "SparseDenseCwiseMul": "*",
        "SparseDenseCwiseDiv": "/",
    },
)


# --- reductions -----------------------------------------------------------------------


@dataclass(frozen=True)
class ReduceAttrs:
    keep_dims: bool


def _reduction(
    func: str,
    largest: bool,
    operands: tuple[Node, Node, Node, Node],
    keep_dims: bool,
    out: Types,
) -> Node | Decline:
    indices, values, shape, axes = operands
    known = ints_of(axes)
    if known is None:
        return Decline("the axes are computed at run time")
    flags: tuple[Arg, ...] = (keep_dims, largest)
    flags = flags if largest else flags[: int(keep_dims)]
    args = (indices, values, shape_arg(shape), known)
    return call(f"helper.{func}", *args, *flags, types=out)


def _dense_reduction(kind: str) -> RuleFunction:
    def rule(
        indices: Node,
        values: Node,
        shape: Node,
        axes: Node,
        *,
        attrs: ReduceAttrs,
        out: Types,
    ) -> Node | Decline:
        operands = (indices, values, shape, axes)
        keep = attrs.keep_dims
        return _reduction("sparse_reduce", kind == "max", operands, keep, out)

    return rule


def _sparse_reduction(kind: str) -> RuleFunction:
    def rule(
        indices: Node,
        values: Node,
        shape: Node,
        axes: Node,
        *,
        attrs: ReduceAttrs,
        out: Types,
    ) -> tuple[Node, ...] | Decline:
        operands = (indices, values, shape, axes)
        keep = attrs.keep_dims
        made = _reduction("sparse_reduce_sparse", kind == "max", operands, keep, out)
        return made if isinstance(made, Decline) else outs(made)

    return rule


rules.table(_dense_reduction, {"SparseReduceSum": "sum", "SparseReduceMax": "max"})
rules.table(
    _sparse_reduction, {"SparseReduceSumSparse": "sum", "SparseReduceMaxSparse": "max"}
)


@rules.rule("SparseSoftmax")
def sparse_softmax(indices: Node, values: Node, shape: Node, *, out: Types) -> Node:
    return call("helper.sparse_softmax", indices, values, shape_arg(shape), type=out[0])
