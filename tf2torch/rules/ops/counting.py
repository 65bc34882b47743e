"""Bincounts: dense, ragged and sparse, with dense or sparse results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import call, cast, const, outs, scalar_of
from tf2torch.ir.nodes import Arg, Call, DType, Node, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("counting")
Types = tuple[TensorType, ...]
INT64 = TensorType("int64", None)


@dataclass(frozen=True)
class BinaryAttrs:
    binary_output: bool


def size_arg(size: Node) -> Arg:
    """How many ids are counted, without the maximum of what may be empty.

    tf.math.bincount makes it ``(len > 0) * (max(ids) + 1)`` between two bounds.
    """
    match size:
        case Call("torch.minimum", (limit, Call("torch.maximum", (least, other)))):
            if limit is least or limit is other:
                return limit
    low, high, core = _bounds(size)
    if low is not None and high is not None and low >= high:
        return low if isinstance(size, Call) and "min" in dict(size.kwargs) else high
    match core:
        case Call("*", (_, Call("+", (Call(".amax", (Node() as ids, *_)), one)))):
            if isinstance(one, Node) and scalar_of(one) == 1:
                rest = () if high is None else (high,)
                least = () if not (low or rest) else (low or 0,)
                return call("helper.id_count", ids, *least, *rest)
    return number_arg(size)


def _bounds(size: Node) -> tuple[int | None, int | None, Node]:
    """(at least, at most, of what) that clamps around ``size`` say."""
    bounds: dict[str, int] = {}
    while isinstance(size, Call) and size.func == ".clamp" and len(size.kwargs) == 1:
        (name, value), source = size.kwargs[0], size.args[0]
        if name in bounds or not isinstance(value, int) or not isinstance(source, Node):
            break
        bounds[name] = value
        size = source
    return bounds.get("min"), bounds.get("max"), size


def _weights(weights: Node) -> Node | None | Decline:
    """None when there are none: an empty tensor stands for ones."""
    if weights.shape is None:
        return Decline("whether there are weights is known only at run time")
    return None if 0 in weights.shape else weights


def _count(
    func: str,
    args: tuple[Arg, ...],
    weights: Node | None,
    binary: bool,
    out: TensorType,
) -> Call:
    dtype = DType(out.dtype)
    if binary:
        return call(func, *args, binary=True, dtype=dtype, type=out)
    if weights is not None:
        return call(func, *args, weights, dtype=dtype, type=out)
    return call(func, *args, dtype=dtype, type=out)


@rules.rule("DenseBincount")
def dense_bincount(
    x: Node, size: Node, weights: Node, *, attrs: BinaryAttrs, out: Types
) -> Node | Decline:
    given = _weights(weights)
    if isinstance(given, Decline):
        return given
    args = (x, size_arg(size))
    return _count("helper.count_ids", args, given, attrs.binary_output, out[0])


@rules.rule("Bincount")
def bincount(x: Node, size: Node, weights: Node, *, out: Types) -> Node | Decline:
    """Counts the whole tensor, whatever its rank."""
    given = _weights(weights)
    if isinstance(given, Decline):
        return given
    flat = x if x.rank == 1 else call(".flatten", x)
    if given is not None and given.rank != 1:
        given = call(".flatten", given)
    return _count("helper.count_ids", (flat, size_arg(size)), given, False, out[0])


@rules.rule("RaggedBincount")
def ragged_bincount(
    splits: Node,
    values: Node,
    size: Node,
    weights: Node,
    *,
    attrs: BinaryAttrs,
    out: Types,
) -> Node | Decline:
    given = _weights(weights)
    if isinstance(given, Decline):
        return given
    args = (*_rows(splits), size_arg(size))
    args = (args[0], values, *args[1:])
    return _count("helper.count_row_ids", args, given, attrs.binary_output, out[0])


def _rows(splits: Node) -> tuple[Arg, ...]:
    """(row number of every value, number of rows)"""
    places = call("helper.ragged_places", (splits,), type=INT64)
    rows = call("[]", places, 0, type=INT64)
    count = call("-", call("[]", call("@shape", splits, type=INT64), 0), 1, type=INT64)
    return rows, count


@rules.rule("SparseBincount")
def sparse_bincount(
    indices: Node,
    values: Node,
    shape: Node,
    size: Node,
    weights: Node,
    *,
    attrs: BinaryAttrs,
    out: Types,
) -> Node | Decline:
    given = _weights(weights)
    if isinstance(given, Decline):
        return given
    if out[0].rank == 1:
        args: tuple[Arg, ...] = (values, size_arg(size))
        return _count("helper.count_ids", args, given, attrs.binary_output, out[0])
    if out[0].rank != 2:
        return Decline("the rank is unknown")
    rows = call("[]", indices, (Slice(), 0), type=INT64)
    count = call("[]", shape, 0, type=INT64)
    args = (rows, values, count, size_arg(size))
    return _count("helper.count_row_ids", args, given, attrs.binary_output, out[0])


@dataclass(frozen=True)
class BucketizeAttrs:
    boundaries: tuple[float, ...]


@rules.rule("Bucketize")
def bucketize(x: Node, *, attrs: BucketizeAttrs, out: Types) -> Node:
    """How many boundaries are at most x; TensorFlow compares integers as float32."""
    value = x if x.dtype == "float64" else cast(x, "float32")
    edges = const(np.array(attrs.boundaries, np.float32).astype(value.dtype))
    return call(
        "torch.bucketize", value, edges, out_int32=True, right=True, type=out[0]
    )


# --- sparse results ------------------------------------------------------------------


@dataclass(frozen=True)
class SparseOutputAttrs:
    minlength: int
    maxlength: int
    binary_output: bool


def _count_sparse(
    rows: Node,
    ids: Node,
    row_count: Arg,
    weights: Node,
    attrs: SparseOutputAttrs,
    out: Types,
) -> tuple[Node, ...] | Decline:
    given = _weights(weights)
    if isinstance(given, Decline):
        return given
    args: tuple[Arg, ...] = (rows, ids, row_count, given)
    args = (*args, (attrs.minlength, attrs.maxlength), attrs.binary_output)
    return outs(call("helper.count_sparse", *args, DType(out[1].dtype), types=out))


@rules.rule("DenseCountSparseOutput")
def dense_count_sparse_output(
    x: Node, weights: Node, *, attrs: SparseOutputAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    if x.rank not in (1, 2):
        return Decline("the rank is unknown")
    flat = x if x.rank == 1 else call(".flatten", x)
    if weights.rank == 2:
        weights = call(".flatten", weights, type=weights.type)
    if x.rank == 1:
        found = _count_sparse(
            call("torch.zeros_like", x, type=x.type), x, 1, weights, attrs, out
        )
        return found if isinstance(found, Decline) else _without_row(found, out)
    sizes = call("@shape", x, type=INT64)
    count, width = call("[]", sizes, 0), call("[]", sizes, 1)
    rows = call("torch.arange", count, type=INT64)
    rows = call(".repeat_interleave", rows, width, type=INT64)
    return _count_sparse(rows, flat, count, weights, attrs, out)


def _without_row(found: tuple[Node, ...], out: Types) -> tuple[Node, ...]:
    indices, counts, shape = found
    columns = call("[]", indices, (Slice(), Slice(1, None)), type=out[0])
    return columns, counts, call("[]", shape, Slice(1, None), type=out[2])


@rules.rule("RaggedCountSparseOutput")
def ragged_count_sparse_output(
    splits: Node, values: Node, weights: Node, *, attrs: SparseOutputAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    rows, count = _rows(splits)
    assert isinstance(rows, Node)
    return _count_sparse(rows, values, count, weights, attrs, out)


@rules.rule("SparseCountSparseOutput")
def sparse_count_sparse_output(
    indices: Node,
    values: Node,
    shape: Node,
    weights: Node,
    *,
    attrs: SparseOutputAttrs,
    out: Types,
) -> tuple[Node, ...] | Decline:
    if shape.shape == (1,):
        zeros = call("torch.zeros_like", values, type=values.type)
        found = _count_sparse(zeros, values, 1, weights, attrs, out)
        return found if isinstance(found, Decline) else _without_row(found, out)
    if shape.shape != (2,):
        return Decline("the rank is unknown")
    rows = call("[]", indices, (Slice(), 0), type=INT64)
    count = call("int", call("[]", shape, 0, type=INT64))
    return _count_sparse(rows, values, count, weights, attrs, out)
