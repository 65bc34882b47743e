"""Tensors and sparse tensors as strings of serialized protos, and back."""

from __future__ import annotations

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("serial", host=True)
Types = tuple[TensorType, ...]
VARIANT = Decline("sparse tensors as variants have no type in a port")


@rules.rule("SerializeTensor")
def serialize_tensor(x: Node, *, out: Types) -> Node:
    return call("helper.serialize_tensor", x, type=out[0])


@rules.rule("SerializeSparse")
def serialize_sparse(
    indices: Node, values: Node, shape: Node, *, out: Types
) -> Node | Decline:
    if out[0].dtype != "string":
        return VARIANT
    return call("helper.serialize_sparse", indices, values, shape, type=out[0])


@rules.rule("SerializeManySparse")
def serialize_many_sparse(
    indices: Node, values: Node, shape: Node, *, out: Types
) -> Node | Decline:
    if out[0].dtype != "string":
        return VARIANT
    return call("helper.serialize_sparse_rows", indices, values, shape, type=out[0])


@rules.rule("DeserializeSparse", "DeserializeManySparse")
def deserialize_sparse(serialized: Node, *, out: Types) -> tuple[Node, ...] | Decline:
    """The strings hold one dtype, which must be that of the op."""
    if serialized.dtype != "string":
        return VARIANT
    dtype = None if out[1].dtype == "string" else DType(out[1].dtype)
    return outs(call("helper.deserialize_sparse", serialized, dtype, types=out))
