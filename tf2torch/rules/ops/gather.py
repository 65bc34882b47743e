"""Gather, by rows or by coordinates.

TensorFlow raises for an index out of range on the CPU and gives zeros on a GPU; the
port raises. ``F.embedding``, ``index_select`` and ``gather`` raise for negative indices
too; a subscript counts those from the end, where TensorFlow has no value at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tf2torch.ir.build import array_of, call, cast, ints_of
from tf2torch.ir.nodes import Arg, Call, Node, Param, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import axis_arg
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("gather")
# Constant indices up to this many are written out.
MAX_LISTED = 16


@dataclass(frozen=True)
class GatherV2Attrs:
    batch_dims: int = 0


@rules.rule("GatherV2")
def gather_v2(
    params: Node,
    indices: Node,
    axis: Node,
    *,
    attrs: GatherV2Attrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    found = ints_of(axis)
    if found is None or (found[0] < 0 and params.rank is None):
        index, along = torch_index(indices), axis_arg(axis)
        return _any_axis(params, index, along, attrs.batch_dims, out[0])
    return gathered(params, indices, found[0], attrs.batch_dims, out[0])


@dataclass(frozen=True)
class GatherAttrs:
    validate_indices: bool = True


@rules.rule("Gather")
def gather(
    params: Node, indices: Node, *, attrs: GatherAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return gathered(params, indices, 0, 0, out[0])


@dataclass(frozen=True)
class ResourceGatherAttrs:
    batch_dims: int = 0
    validate_indices: bool = True


def gathered(
    params: Node, indices: Node, axis: int, batch_dims: int, out: TensorType
) -> Node | Decline:
    """``tf.gather``; ``params`` is the value of a variable or any tensor."""
    if axis < 0:
        assert params.rank is not None
        axis += params.rank
    if batch_dims < 0:
        if indices.rank is None:
            return Decline("negative batch_dims with indices of unknown rank")
        batch_dims += indices.rank
    indices = torch_index(indices)
    if batch_dims:
        return _batched(params, indices, axis, batch_dims, out)
    if axis == 0 and params.rank == 2 and is_weight(params) and indices.rank != 0:
        return call("F.embedding", indices, params, type=out)
    listed = _listed(indices)
    if listed is None and indices.rank == 1:
        return call(".index_select", params, axis, indices, type=out)
    item: Arg = indices if listed is None else listed
    index: Arg = (*[Slice()] * axis, item) if axis else item
    return call("[]", params, index, type=out)


def _batched(
    params: Node, indices: Node, axis: int, batch_dims: int, out: TensorType
) -> Node:
    if axis == batch_dims == 1 and params.rank == indices.rank == 2:
        return call(".gather", params, 1, indices, type=out)
    if params.rank == indices.rank == batch_dims + 1:
        return call(".gather", params, axis, indices, type=out)
    return _any_axis(params, indices, axis, batch_dims, out)


def _any_axis(
    params: Node, indices: Node, axis: Arg, batch_dims: int, out: TensorType
) -> Node:
    named: dict[str, Any] = {"axis": axis, "batch_dims": batch_dims}
    return call("helper.gather", params, indices, type=out, **named)


def is_weight(node: Node) -> bool:
    """Is this a variable, perhaps cast or with its axes in another order?"""
    match node:
        case Param():
            return True
        case Call(".permute" | ".to" | ".clone", (Node() as inner, *_)):
            return is_weight(inner)
    return False


def torch_index(indices: Node) -> Node:
    """torch indexes with int32 and int64."""
    return indices if indices.dtype in ("int32", "int64") else cast(indices, "int64")


def _listed(indices: Node) -> Arg:
    """A short constant index as an int, a slice or a list; None for all others."""
    array = array_of(indices)
    if array is None or array.size > MAX_LISTED or array.ndim > 1 or not array.size:
        return None
    values = [int(v) for v in array.reshape(-1)]
    if min(values) < 0:
        return None
    if array.ndim == 0:
        return values[0]
    if np.array_equal(np.diff(values), np.ones(len(values) - 1)):
        return Slice(values[0] or None, values[-1] + 1)
    return call("list", *values, type=indices.type)


# --- by coordinates --------------------------------------------------------------


@dataclass(frozen=True)
class PolicyAttrs:
    bad_indices_policy: str = ""


@rules.rule("GatherNd")
def gather_nd(
    params: Node, indices: Node, *, attrs: PolicyAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    if attrs.bad_indices_policy == "IGNORE":
        return Decline("indices out of range are to be ignored")
    return coordinates(params, indices, out[0])


def coordinates(params: Node, indices: Node, out: TensorType) -> Node | Decline:
    """``params[i, j, ...]`` for the rows (i, j, ...) along the last axis."""
    rows = torch_index(indices)
    if indices.shape is None or not isinstance(indices.shape[-1], int):
        return call("helper.gather_nd", params, rows, type=out)
    if indices.shape[-1] == 0:
        return call("helper.gather_whole", params, indices, type=out)
    if indices.shape[-1] == 1:
        type = rows.type.with_shape(indices.shape[:-1])
        return gathered(params, call(".squeeze", rows, -1, type=type), 0, 0, out)
    return call("[]", params, call(".unbind", rows, -1, type=rows.type), type=out)


@rules.rule("InvertPermutation")
def invert_permutation(x: Node) -> Node:
    return cast(call("torch.argsort", x, type=x.type.with_dtype("int64")), x.dtype)
