"""Tensors that travel together as one variant: rows of ragged and composite tensors.

In a port such a variant is a tuple, and a vector of them a list.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, outs
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("variants")
Types = tuple[TensorType, ...]
BOX = TensorType("variant", ())


@dataclass(frozen=True)
class ToVariantAttrs:
    batched_input: bool


@rules.rule("RaggedTensorToVariant")
def ragged_to_variant(
    splits: tuple[Node, ...], values: Node, *, attrs: ToVariantAttrs, out: Types
) -> Node:
    """Batched: a list with the rows; else the tensors themselves."""
    if not attrs.batched_input:
        return call("helper.boxed", *splits, values, type=out[0])
    if not splits:
        return call("helper.boxed_rows", values, type=out[0])
    return call("helper.ragged_rows", splits, values, type=out[0])


@dataclass(frozen=True)
class FromVariantAttrs:
    input_ragged_rank: int


@rules.rule("RaggedTensorFromVariant")
def ragged_from_variant(
    encoded: Node, *, attrs: FromVariantAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    rank = encoded.rank
    if attrs.input_ragged_rank >= 0:
        rank = len(out) - 1 - attrs.input_ragged_rank
    if rank is None:
        return Decline("the ragged rank of what it decodes is not known")
    if rank == 0:
        return _unboxed(encoded, out)
    if rank > 1:
        return Decline("it stacks more than one axis of ragged rows")
    splits = tuple(t.with_dtype("int64") for t in out[:-1])
    made = outs(call("helper.ragged_from_rows", encoded, types=(*splits, out[-1])))
    return *(cast(s, t.dtype) for s, t in zip(made, out[:-1], strict=False)), made[-1]


def _unboxed(box: Node, out: Types) -> tuple[Node, ...]:
    return tuple(call("[]", box, i, type=t) for i, t in enumerate(out))


@rules.rule("RaggedTensorToVariantGradient")
def ragged_to_variant_gradient(
    encoded: Node, splits: Node, shape: Node, *, out: Types
) -> Node:
    """The gradients of the rows, one after the other."""
    return call("helper.joined_rows", encoded, shape, type=out[0])


@dataclass(frozen=True)
class CompositeAttrs:
    metadata: str | bytes


@rules.rule("CompositeTensorVariantFromComponents")
def composite_to_variant(
    components: tuple[Node, ...], *, attrs: CompositeAttrs, out: Types
) -> Node:
    return call("helper.boxed", *components, type=out[0])


@rules.rule("CompositeTensorVariantToComponents")
def composite_from_variant(
    encoded: Node, *, attrs: CompositeAttrs, out: Types
) -> tuple[Node, ...]:
    return _unboxed(encoded, out)
