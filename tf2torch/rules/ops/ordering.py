"""Order: greatest elements, ranks, distinct values, places in a sorted row.

Ties: TensorFlow's TopK gives the lower index first, torch's topk any; hence a stable
sort.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, ints_of, outs, reshape
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg, sizes_arg
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS

rules = RuleSet("ordering")
Two = tuple[Node, ...]


@dataclass(frozen=True)
class TopKAttrs:
    k: int
    sorted: bool = True


@dataclass(frozen=True)
class TopKV2Attrs:
    sorted: bool = True


@rules.rule("TopK")
def top_k(x: Node, *, attrs: TopKAttrs, out: tuple[TensorType, ...]) -> Two | Decline:
    return _greatest(x, attrs.k, out)


@rules.rule("TopKV2")
def top_k_v2(
    x: Node, k: Node, *, attrs: TopKV2Attrs, out: tuple[TensorType, ...]
) -> Two | Decline:
    return _greatest(x, number_arg(k), out)


def _greatest(x: Node, k: Arg, out: tuple[TensorType, ...]) -> Two | Decline:
    if x.dtype == "uint64":
        return Decline("torch orders no uint64")
    wide = cast(x, "int64") if x.dtype in WITHOUT_KERNELS else x
    types = out[0].with_dtype(wide.dtype), out[1].with_dtype("int64")
    values, indices = outs(call("helper.top_k", wide, k, types=types))
    return cast(values, x.dtype), cast(indices, out[1].dtype)


@dataclass(frozen=True)
class ApproxTopKAttrs:
    """Only ``k``, the axis and the direction matter: the port is exact."""

    k: int
    reduction_dimension: int = -1
    recall_target: float = 0.95
    is_max_k: bool = True
    reduction_input_size_override: int = -1
    aggregate_to_topk: bool = True


@rules.rule("ApproxTopK")
def approx_top_k(
    x: Node, *, attrs: ApproxTopKAttrs, out: tuple[TensorType, ...]
) -> Two | Decline:
    if not attrs.aggregate_to_topk:
        return Decline("how many candidates it returns depends on the hardware")
    types = out[0], out[1].with_dtype("int64")
    values, indices = outs(
        call(
            "torch.topk",
            x,
            attrs.k,
            attrs.reduction_dimension,
            largest=attrs.is_max_k,
            types=types,
        )
    )
    return values, cast(indices, out[1].dtype)


@dataclass(frozen=True)
class KAttrs:
    k: int


@rules.rule("InTopK")
def in_top_k(
    predictions: Node, targets: Node, *, attrs: KAttrs, out: tuple[TensorType, ...]
) -> Node:
    return call("helper.in_top_k", predictions, targets, attrs.k, type=out[0])


@rules.rule("InTopKV2")
def in_top_k_v2(
    predictions: Node, targets: Node, k: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return call("helper.in_top_k", predictions, targets, number_arg(k), type=out[0])


@dataclass(frozen=True)
class ReverseAttrs:
    reverse: bool = False


@rules.rule("NthElement")
def nth_element(
    x: Node, n: Node, *, attrs: ReverseAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """Its gradient reaches every element that is equal to the n-th, in equal shares."""
    if x.dtype in WITHOUT_KERNELS:
        return Decline(f"torch orders no {x.dtype}")
    count = number_arg(n)
    return call("helper.nth_element", x, count, attrs.reverse, type=out[0])


# --- distinct values -------------------------------------------------------------


@rules.rule("Unique")
def unique(x: Node, *, out: tuple[TensorType, ...]) -> Two | Decline:
    return _distinct(x, 0, out)


@rules.rule("UniqueWithCounts")
def unique_with_counts(x: Node, *, out: tuple[TensorType, ...]) -> Two | Decline:
    return _distinct(x, 0, out)


@rules.rule("UniqueV2", "UniqueWithCountsV2")
def unique_v2(x: Node, axis: Node, *, out: tuple[TensorType, ...]) -> Two | Decline:
    axes = ints_of(axis)
    if axes is None:
        return Decline("the axis is computed at run time")
    return _distinct(x, axes[0] if axes else 0, out)


def _distinct(x: Node, axis: int, out: tuple[TensorType, ...]) -> Two | Decline:
    """In the order in which they first appear; torch's own are sorted."""
    if x.dtype in WITHOUT_KERNELS:
        return Decline(f"torch orders no {x.dtype}")
    types = (out[0], *(t.with_dtype("int64") for t in out[1:]))
    types = (*types, types[1])[:3]
    made = outs(call("helper.unique", x, axis, types=types))
    return tuple(cast(n, t.dtype) for n, t in zip(made, out, strict=False))


# --- places ----------------------------------------------------------------------


@rules.rule("LowerBound")
def lower_bound(rows: Node, values: Node, *, out: tuple[TensorType, ...]) -> Node:
    return _search(rows, values, out[0], right=False)


@rules.rule("UpperBound")
def upper_bound(rows: Node, values: Node, *, out: tuple[TensorType, ...]) -> Node:
    return _search(rows, values, out[0], right=True)


def _search(rows: Node, values: Node, out: TensorType, right: bool) -> Node:
    named: dict[str, bool] = {}
    if right:
        named["right"] = True
    if out.dtype == "int32":
        named["out_int32"] = True
    return call("torch.searchsorted", rows, values, type=out, **named)  # type: ignore[arg-type] # bools


@rules.rule("HistogramFixedWidth")
def histogram_fixed_width(
    values: Node, value_range: Node, nbins: Node, *, out: tuple[TensorType, ...]
) -> Node:
    """Values outside of the range count in the first or the last bin."""
    bins = number_arg(nbins)
    counts = out[0].with_dtype("int64")
    made = call("helper.histogram", values, value_range, bins, type=counts)
    return cast(made, out[0].dtype)


@rules.rule("UnravelIndex")
def unravel_index(
    indices: Node, dims: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    if indices.rank is None:
        return Decline("the rank of the indices is unknown")
    parts = call("torch.unravel_index", indices, sizes_arg(dims))
    typed = out[0].with_dtype("int64")
    if indices.rank == 0:
        return cast(call("torch.stack", parts, type=typed), out[0].dtype)
    made = call("torch.stack", parts, type=typed.with_shape(None))
    return cast(reshape(made, out[0].shape or ()), out[0].dtype)
