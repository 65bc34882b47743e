"""Shape and selection ops where the tensors hold strings: numpy instead of torch."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, ints_of, outs, scalar_of
from tf2torch.ir.nodes import Arg, Call, Node, Raw, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import elements_of, sizes_arg
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.strided import ELLIPSIS, StridedAttrs, subscript
from tf2torch.rules.text import string_arg

rules = RuleSet("string_arrays", host=True)
Types = tuple[TensorType, ...]
OBJECT = Raw("object")


@rules.rule("Reshape", strings=True)
def reshape(x: Node, shape: Node, *, out: Types) -> Node:
    return call("np.reshape", x, sizes_arg(shape), type=out[0])


@rules.rule("ExpandDims", strings=True)
def expand_dims(x: Node, axis: Node, *, out: Types) -> Node | Decline:
    number = scalar_of(axis)
    if number is None:
        return Decline("the axis is computed at run time")
    return call("np.expand_dims", x, number, type=out[0])


@dataclass(frozen=True)
class SqueezeAttrs:
    squeeze_dims: tuple[int, ...]


@rules.rule("Squeeze", strings=True)
def squeeze(x: Node, *, attrs: SqueezeAttrs, out: Types) -> Node:
    dims = attrs.squeeze_dims
    axes = (dims[0] if len(dims) == 1 else dims,) if dims else ()
    return call("np.squeeze", x, *axes, type=out[0])


@rules.rule("Transpose", strings=True)
def transpose(x: Node, axes: Node, *, out: Types) -> Node | Decline:
    order = ints_of(axes)
    if order is None:
        return Decline("the order of the axes is computed at run time")
    return call("np.transpose", x, order, type=out[0])


@rules.rule("ConcatV2", strings=True)
def concat_v2(parts: tuple[Node, ...], axis: Node, *, out: Types) -> Node | Decline:
    number = scalar_of(axis)
    if number is None:
        return Decline("the axis is computed at run time")
    along = (number,) if number else ()
    return call("np.concatenate", parts, *along, type=out[0])


@rules.rule("Concat", strings=True)
def concat(axis: Node, parts: tuple[Node, ...], *, out: Types) -> Node | Decline:
    return concat_v2(parts, axis, out=out)


@dataclass(frozen=True)
class AxisAttrs:
    axis: int


@rules.rule("Pack", strings=True)
def pack(parts: tuple[Node, ...], *, attrs: AxisAttrs, out: Types) -> Node:
    axis = (attrs.axis,) if attrs.axis else ()
    return call("np.stack", parts, *axis, type=out[0])


@rules.rule("Unpack", strings=True)
def unpack(x: Node, *, attrs: AxisAttrs, out: Types) -> tuple[Node, ...] | Decline:
    if x.rank is None:
        return Decline("the rank is unknown")
    before = (Slice(),) * (attrs.axis % x.rank)
    return tuple(_item(x, (*before, i), type) for i, type in enumerate(out))


def _item(x: Node, index: tuple[Arg, ...], type: TensorType) -> Call:
    """``x[index]``; numpy keeps an array of rank 0 only with an ellipsis."""
    if type.rank == 0:
        index = (*index, ELLIPSIS)
    return call("[]", x, index if len(index) != 1 else index[0], type=type)


@rules.rule("StridedSlice", strings=True)
def strided_slice(
    x: Node,
    begin: Node,
    end: Node,
    strides: Node,
    *,
    attrs: StridedAttrs,
    out: Types,
) -> Node | Decline:
    made = subscript(x.rank, begin, end, strides, attrs)
    if isinstance(made, str):
        return Decline(made)
    if made.flips:
        x = call("np.flip", x, made.flips, type=x.type)
    return _item(x, made.items, out[0]) if made.items else x


@rules.rule("Slice", strings=True)
def slice_(x: Node, begin: Node, size: Node, *, out: Types) -> Node | Decline:
    starts, sizes = elements_of(begin), elements_of(size)
    if starts is None or sizes is None:
        return Decline("the bounds are computed at run time")
    items = []
    for start, length in zip(starts, sizes, strict=True):
        everything = isinstance(length, int) and length == -1
        stop = None if everything else _sum(start, length)
        items.append(Slice(start, stop))
    return call("[]", x, tuple(items), type=out[0])


def _sum(start: Arg, length: Arg) -> Arg:
    if isinstance(start, Node) or isinstance(length, Node):
        return call("+", start, length)
    return start + length  # type: ignore[operator] # both are sizes


@dataclass(frozen=True)
class GatherAttrs:
    batch_dims: int


@rules.rule("GatherV2", strings=True)
def gather_v2(
    x: Node, indices: Node, axis: Node, *, attrs: GatherAttrs, out: Types
) -> Node | Decline:
    number = scalar_of(axis)
    if number is None or attrs.batch_dims:
        return Decline("batched, or the axis is computed at run time")
    along = (number,) if number else ()
    return call("helper.take_strings", x, indices, *along, type=out[0])


@dataclass(frozen=True)
class GatherV1Attrs:
    validate_indices: bool


@rules.rule("Gather", strings=True)
def gather(x: Node, indices: Node, *, attrs: GatherV1Attrs, out: Types) -> Node:
    return call("helper.take_strings", x, indices, type=out[0])


@dataclass(frozen=True)
class BadIndicesAttrs:
    bad_indices_policy: str


def _checked(attrs: BadIndicesAttrs) -> Decline | None:
    if attrs.bad_indices_policy in ("", "DEFAULT", "ERROR"):
        return None
    return Decline(f"bad_indices_policy {attrs.bad_indices_policy}")


@rules.rule("GatherNd", strings=True)
def gather_nd(
    x: Node, indices: Node, *, attrs: BadIndicesAttrs, out: Types
) -> Node | Decline:
    made = call("helper.take_strings_nd", x, indices, type=out[0])
    return _checked(attrs) or made


@rules.rule("TensorScatterUpdate", strings=True)
def tensor_scatter_update(
    x: Node, indices: Node, updates: Node, *, attrs: BadIndicesAttrs, out: Types
) -> Node | Decline:
    made = call("helper.put_strings_nd", x, indices, updates, type=out[0])
    return _checked(attrs) or made


@rules.rule("ScatterNd", strings=True)
def scatter_nd(
    indices: Node, updates: Node, shape: Node, *, attrs: BadIndicesAttrs, out: Types
) -> Node | Decline:
    empty = call("helper.empty_strings", sizes_arg(shape), type=out[0])
    made = call("helper.put_strings_nd", empty, indices, updates, type=out[0])
    return _checked(attrs) or made


@rules.rule("Tile", strings=True)
def tile(x: Node, multiples: Node, *, out: Types) -> Node:
    return call("np.tile", x, sizes_arg(multiples), type=out[0])


@rules.rule("BroadcastTo", strings=True)
def broadcast_to(x: Node, shape: Node, *, out: Types) -> Node:
    return call("np.broadcast_to", x, sizes_arg(shape), type=out[0])


@rules.rule("Fill", strings=True)
def fill(shape: Node, value: Node, *, out: Types) -> Node:
    value_arg = string_arg(value)
    return call("np.full", sizes_arg(shape), value_arg, dtype=OBJECT, type=out[0])


@rules.rule("ZerosLike", strings=True)
def zeros_like(x: Node, *, out: Types) -> Node:
    return call("helper.empty_strings", call("@shape", x), type=out[0])


@rules.rule("ReverseV2", strings=True)
def reverse_v2(x: Node, axes: Node, *, out: Types) -> Node | Decline:
    known = ints_of(axes)
    if known is None:
        return Decline("the axes are computed at run time")
    return call("np.flip", x, known, type=out[0])


@rules.rule("Roll", strings=True)
def roll(x: Node, shift: Node, axis: Node, *, out: Types) -> Node | Decline:
    shifts, axes = ints_of(shift), ints_of(axis)
    if shifts is None or axes is None:
        return Decline("the shift is computed at run time")
    return call("np.roll", x, shifts, axes, type=out[0])


@rules.rule("SelectV2", strings=True)
def select_v2(condition: Node, x: Node, y: Node, *, out: Types) -> Node:
    sides = string_arg(x), string_arg(y)
    return call("helper.where_strings", condition, *sides, type=out[0])


@rules.rule("Select", strings=True)
def select(condition: Node, x: Node, y: Node, *, out: Types) -> Node | Decline:
    """A condition of rank 1 chooses among the rows."""
    if condition.rank is None or x.rank is None:
        return Decline("the rank is unknown")
    if condition.rank == 1 and x.rank > 1:
        axes = (Raw("..."), *(None,) * (x.rank - 1))
        condition = call("[]", condition, axes, type=condition.type)
    return call("helper.where_strings", condition, x, y, type=out[0])


@rules.rule("Size", strings=True)
def size(x: Node, *, out: Types) -> Node:
    return _number(call("@size", x, type=out[0]), out[0])


@rules.rule("Shape", strings=True)
def shape(x: Node, *, out: Types) -> Node:
    return _number(call("@shape", x, type=out[0]), out[0])


def _number(value: Node, type: TensorType) -> Node:
    made = call("torch.tensor", value, type=type.with_dtype("int64"))
    return cast(made, type.dtype)


@rules.rule("Unique", strings=True)
def unique(x: Node, *, out: Types) -> tuple[Node, ...]:
    return unique_with_counts(x, out=(*out, out[1]))[:2]


@rules.rule("UniqueWithCounts", strings=True)
def unique_with_counts(x: Node, *, out: Types) -> tuple[Node, ...]:
    wide = (out[0], *(t.with_dtype("int64") for t in out[1:]))
    values, index, counts = outs(call("helper.unique_strings", x, types=wide))
    return values, cast(index, out[1].dtype), cast(counts, out[2].dtype)


@rules.rule("DynamicStitch", "ParallelDynamicStitch", strings=True)
def dynamic_stitch(
    indices: tuple[Node, ...], parts: tuple[Node, ...], *, out: Types
) -> Node:
    return call("helper.stitch_strings", indices, parts, type=out[0])


@rules.rule("DynamicPartition", strings=True)
def dynamic_partition(x: Node, labels: Node, *, out: Types) -> tuple[Node, ...]:
    return outs(call("helper.partition_strings", x, labels, len(out), types=out))


@rules.rule("Split", strings=True)
def split(axis: Node, x: Node, *, out: Types) -> tuple[Node, ...] | Decline:
    number = scalar_of(axis)
    if number is None:
        return Decline("the axis is computed at run time")
    return outs(call("np.split", x, len(out), number, types=out))


@rules.rule("SplitV", strings=True)
def split_v(
    x: Node, sizes: Node, axis: Node, *, out: Types
) -> tuple[Node, ...] | Decline:
    number, lengths = scalar_of(axis), ints_of(sizes)
    if number is None or lengths is None or -1 in lengths:
        return Decline("the sizes or the axis are computed at run time")
    ends = tuple(sum(lengths[: i + 1]) for i in range(len(lengths) - 1))
    return outs(call("np.split", x, ends, number, types=out))
