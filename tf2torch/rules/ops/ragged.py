"""Ragged tensors: conversions, ranges and gathers."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, outs
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import elements_of, number_arg
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import string_arg

rules = RuleSet("ragged")
Types = tuple[TensorType, ...]
INT64 = TensorType("int64", None)


@dataclass(frozen=True)
class ToTensorAttrs:
    row_partition_types: tuple[str, ...]


@rules.rule("RaggedTensorToTensor")
def ragged_tensor_to_tensor(
    shape: Node,
    values: Node,
    default: Node,
    partitions: tuple[Node, ...],
    *,
    attrs: ToTensorAttrs,
    out: Types,
) -> Node | Decline:
    splits = _splits(partitions, attrs.row_partition_types)
    if isinstance(splits, Decline):
        return splits
    strings = values.dtype == "string"
    func = "helper.ragged_strings_to_dense" if strings else "helper.ragged_to_dense"
    fill = string_arg(default) if strings else number_arg(default)
    rest = (_wanted(shape),) if _wanted(shape) is not None else ()
    if not rest and fill in (0, b""):
        return call(func, values, splits, type=out[0])
    return call(func, values, splits, fill, *rest, type=out[0])


def _wanted(shape: Node) -> Arg:
    """The sizes asked for; None when all are left open."""
    sizes = elements_of(shape)
    if sizes is None:
        return shape
    return None if all(size == -1 for size in sizes) else sizes


def _splits(
    partitions: tuple[Node, ...], kinds: tuple[str, ...]
) -> tuple[Node, ...] | Decline:
    """Row splits of every ragged axis, whichever way the partitions are given."""
    rows: Node | None = None
    splits: list[Node] = []
    for node, kind in zip(partitions, kinds, strict=True):
        if kind == "FIRST_DIM_SIZE":
            rows = node
        elif kind == "ROW_SPLITS":
            splits.append(node)
            rows = call("[]", call("@shape", node), 0)
        elif kind == "VALUE_ROWIDS":
            if rows is None:
                return Decline("row ids without a number of rows")
            splits.append(call("helper.row_splits", node, rows, type=INT64))
            rows = call("[]", call("@shape", node, type=INT64), 0, type=INT64)
        else:
            return Decline(f"row partition {kind}")
    return tuple(splits)


@rules.rule("RaggedTensorToSparse")
def ragged_tensor_to_sparse(
    splits: tuple[Node, ...], values: Node, *, out: Types
) -> tuple[Node, ...]:
    inner: Arg = ()
    flat = values
    if values.rank != 1:
        inner = call("[]", call("@shape", values), _tail())
        flat = _flattened(values, out[1])
    made = call("helper.ragged_to_sparse", splits, inner, types=(out[0], out[2]))
    indices, shape = outs(made)
    return indices, flat, shape


def _tail() -> Arg:
    from tf2torch.ir.nodes import Slice

    return Slice(1, None)


def _flattened(values: Node, type: TensorType) -> Node:
    return call(".reshape", values, -1, type=type)


@rules.rule("RaggedRange")
def ragged_range(
    starts: Node, limits: Node, deltas: Node, *, out: Types
) -> tuple[Node, ...]:
    wide = (out[0].with_dtype("int64"), out[1])
    splits, values = outs(
        call("helper.ragged_range", starts, limits, deltas, types=wide)
    )
    return cast(splits, out[0].dtype), values


@rules.rule("RaggedGather")
def ragged_gather(
    splits: tuple[Node, ...], values: Node, indices: Node, *, out: Types
) -> tuple[Node, ...]:
    types = (*out[:-1], INT64)
    found = outs(call("helper.ragged_gather_splits", splits, indices, types=types))
    if values.dtype == "string":
        taken = call("helper.take_strings", values, found[-1], type=out[-1])
    else:
        taken = call("[]", values, found[-1], type=out[-1])
    return (*found[:-1], taken)
