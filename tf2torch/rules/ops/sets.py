"""Set operations on the last axis of dense and sparse tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Arg, DType, Node, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("sets")
Types = tuple[TensorType, ...]
SETS = TensorType("variant", None)


@dataclass(frozen=True)
class OperationAttrs:
    set_operation: Literal["a-b", "b-a", "intersection", "union"]
    validate_indices: bool


def _dense(x: Node) -> tuple[Node, Node]:
    """(the sets, the shape of the rows)"""
    sizes = call("[]", call("@shape", x), Slice(None, -1))
    return call("helper.dense_sets", x, type=SETS), sizes


def _sparse(indices: Node, values: Node, shape: Node) -> tuple[Node, Node]:
    rows = call("[]", shape, Slice(None, -1))
    return call("helper.sparse_sets", indices, values, type=SETS), rows


def _combine(
    first: tuple[Node, Node], second: tuple[Node, Node], operation: str, out: Types
) -> tuple[Node, ...]:
    dtype: tuple[Arg, ...] = () if out[1].dtype == "string" else (DType(out[1].dtype),)
    args = (first[0], second[0], operation, first[1])
    return outs(call("helper.combine_sets", *args, *dtype, types=out))


@rules.rule("DenseToDenseSetOperation")
def dense_to_dense(
    x: Node, y: Node, *, attrs: OperationAttrs, out: Types
) -> tuple[Node, ...]:
    return _combine(_dense(x), _dense(y), attrs.set_operation, out)


@rules.rule("DenseToSparseSetOperation")
def dense_to_sparse(
    x: Node,
    indices: Node,
    values: Node,
    shape: Node,
    *,
    attrs: OperationAttrs,
    out: Types,
) -> tuple[Node, ...]:
    other = _sparse(indices, values, shape)
    return _combine(_dense(x), other, attrs.set_operation, out)


@rules.rule("SparseToSparseSetOperation")
def sparse_to_sparse(
    a_indices: Node,
    a_values: Node,
    a_shape: Node,
    b_indices: Node,
    b_values: Node,
    b_shape: Node,
    *,
    attrs: OperationAttrs,
    out: Types,
) -> tuple[Node, ...]:
    first = _sparse(a_indices, a_values, a_shape)
    second = _sparse(b_indices, b_values, b_shape)
    return _combine(first, second, attrs.set_operation, out)


@dataclass(frozen=True)
class SizeAttrs:
    validate_indices: bool


@rules.rule("SetSize")
def set_size(
    indices: Node, values: Node, shape: Node, *, attrs: SizeAttrs, out: Types
) -> Node:
    return call("helper.set_sizes", *_sparse(indices, values, shape), type=out[0])
