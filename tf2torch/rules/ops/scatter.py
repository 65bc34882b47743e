"""Scatter into tensors; stitch, partition, difference, one-hot.

Coordinates lie along the last axis of ``indices``; duplicates add up, or the last one
wins. Out-of-range indices raise, as on TensorFlow's CPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import array_of, call, cast, scalar_of
from tf2torch.ir.nodes import Arg, DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import elements_of, sizes_arg
from tf2torch.rules.ops.gather import PolicyAttrs, torch_index
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("scatter")
IGNORE = Decline("indices out of range are to be ignored")


def put(x: Node, indices: Node, updates: Node, accumulate: bool) -> Node:
    """``x`` with ``updates`` put (or added) at the coordinates ``indices``."""
    places = call(".unbind", torch_index(indices), -1)
    named: dict[str, Any] = {"accumulate": True} if accumulate else {}
    return call(".index_put", x, places, updates, type=x.type, **named)


@rules.rule("ScatterNd")
def scatter_nd(
    indices: Node,
    updates: Node,
    shape: Node,
    *,
    attrs: PolicyAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    if attrs.bad_indices_policy == "IGNORE":
        return IGNORE
    zeros = call(".new_zeros", updates, sizes_arg(shape), type=out[0])
    return put(zeros, indices, updates, accumulate=True)


@rules.rule("TensorScatterUpdate")
def tensor_scatter_update(
    x: Node, indices: Node, updates: Node, *, attrs: PolicyAttrs
) -> Node | Decline:
    if attrs.bad_indices_policy == "IGNORE":
        return IGNORE
    return put(x, indices, updates, accumulate=False)


@rules.rule("TensorScatterAdd", "ScatterNdNonAliasingAdd")
def tensor_scatter_add(
    x: Node, indices: Node, updates: Node, *, attrs: PolicyAttrs
) -> Node | Decline:
    if attrs.bad_indices_policy == "IGNORE":
        return IGNORE
    return put(x, indices, updates, accumulate=True)


@rules.rule("TensorScatterSub")
def tensor_scatter_sub(
    x: Node, indices: Node, updates: Node, *, attrs: PolicyAttrs
) -> Node | Decline:
    if attrs.bad_indices_policy == "IGNORE":
        return IGNORE
    return put(x, indices, call("neg", updates, type=updates.type), accumulate=True)


def _extreme(reduce: str) -> RuleFunction:
    def rule(
        x: Node, indices: Node, updates: Node, *, attrs: PolicyAttrs
    ) -> Node | Decline:
        if attrs.bad_indices_policy == "IGNORE":
            return IGNORE
        rows = cast(torch_index(indices), "int64")
        func = "helper.scatter_extreme"
        return call(func, x, rows, updates, reduce=reduce, type=x.type)

    return rule


rules.table(_extreme, {"TensorScatterMax": "amax", "TensorScatterMin": "amin"})


# --- in place by row -------------------------------------------------------------


@rules.rule("InplaceUpdate")
def inplace_update(x: Node, i: Node, v: Node) -> Node:
    return call("torch.index_put", x, (torch_index(i),), v, type=x.type)


@rules.rule("InplaceAdd")
def inplace_add(x: Node, i: Node, v: Node) -> Node:
    places = (torch_index(i),)
    return call("torch.index_put", x, places, v, accumulate=True, type=x.type)


@rules.rule("InplaceSub")
def inplace_sub(x: Node, i: Node, v: Node) -> Node:
    return inplace_add(x, i, call("neg", v, type=v.type))


# --- stitch and partition --------------------------------------------------------


@rules.rule("DynamicStitch", "ParallelDynamicStitch")
def dynamic_stitch(
    indices: tuple[Node, ...], data: tuple[Node, ...], *, out: tuple[TensorType, ...]
) -> Node:
    return call("helper.dynamic_stitch", indices, data, type=out[0])


@rules.rule("DynamicPartition")
def dynamic_partition(
    data: Node,
    partitions: Node,
    *,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    return tuple(
        call("[]", data, call("==", partitions, i), type=t) for i, t in enumerate(out)
    )


@rules.rule("ListDiff")
def list_diff(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> tuple[Node, ...]:
    """The elements of x that y lacks, in order, and where they stood."""
    member = call("torch.isin", x, y, type=x.type.with_dtype("bool"))
    kept = call("~", member, type=member.type)
    places = call(".squeeze", call(".nonzero", kept), 1, type=TensorType("int64", None))
    return call("[]", x, kept, type=out[0]), cast(places, out[1].dtype)


# --- one-hot ---------------------------------------------------------------------


@dataclass(frozen=True)
class OneHotAttrs:
    axis: int = -1


@rules.rule("OneHot")
def one_hot(
    indices: Node,
    depth: Node,
    on_value: Node,
    off_value: Node,
    *,
    attrs: OneHotAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    """An index out of range gives a row of off values; F.one_hot would raise."""
    count = elements_of(depth)
    named: dict[str, Any] = {} if attrs.axis == -1 else {"axis": attrs.axis}
    size: Arg = depth if count is None else count[0]
    mask = out[0].with_dtype("bool")
    hot = call("helper.one_hot", indices, size, type=mask, **named)
    on, off = scalar_of(on_value), scalar_of(off_value)
    if on == 1 and off == 0 and str(off) != "-0.0":
        return cast(hot, out[0].dtype)
    if array_of(on_value) is not None and array_of(off_value) is not None:
        dtype = DType(out[0].dtype)
        if out[0].dtype == "bool":
            return hot if on else call("~", hot, type=mask)
        full = call("torch.where", hot, on, off, type=out[0])
        return call(".to", full, dtype, type=out[0])
    return call("torch.where", hot, on_value, off_value, type=out[0])
