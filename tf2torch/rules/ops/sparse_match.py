"""Gradients of sparse ops that look rows up in other rows, and edit distance."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("sparse_match")
Types = tuple[TensorType, ...]


@rules.rule("SparseAddGrad")
def sparse_add_grad(
    grad: Node, a: Node, b: Node, sum_indices: Node, *, out: Types
) -> tuple[Node, ...]:
    return (
        call("helper.at_rows", grad, a, sum_indices, type=out[0]),
        call("helper.at_rows", grad, b, sum_indices, type=out[1]),
    )


@rules.rule("SparseSliceGrad")
def sparse_slice_grad(
    grad: Node, indices: Node, start: Node, slice_indices: Node, *, out: Types
) -> Node:
    moved = call("-", indices, start, type=indices.type)
    return call("helper.at_rows", grad, moved, slice_indices, type=out[0])


@dataclass(frozen=True)
class DistanceAttrs:
    normalize: bool = True


@rules.rule("EditDistance")
def edit_distance(
    hypothesis_indices: Node,
    hypothesis_values: Node,
    hypothesis_shape: Node,
    truth_indices: Node,
    truth_values: Node,
    truth_shape: Node,
    *,
    attrs: DistanceAttrs,
    out: Types,
) -> Node:
    """Levenshtein distance, on the host."""
    hypothesis = (hypothesis_indices, hypothesis_values, hypothesis_shape)
    truth = (truth_indices, truth_values, truth_shape)
    func = "helper.edit_distance"
    return call(func, hypothesis, truth, attrs.normalize, type=out[0])
