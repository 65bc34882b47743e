"""XLA's primitives, as graphs made by jax2tf hold them: products, slices, sorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import (
    array_of,
    call,
    cast,
    const,
    ints_of,
    inverse,
    outs,
    permute,
    scalar_of,
)
from tf2torch.ir.nodes import Arg, Attr, FunctionRef, Node, Slice
from tf2torch.ir.types import COMPLEX, FLOATS, TensorType
from tf2torch.rules.dimension_numbers import ConvAxes, DotAxes
from tf2torch.rules.elements import sizes_arg
from tf2torch.rules.ops.pad import torch_pads
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("xla")
Types = tuple[TensorType, ...]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIZES = "window sizes, strides or padding that are computed at run time"


# --- products --------------------------------------------------------------------


@dataclass(frozen=True)
class DotAttrs:
    """A higher precision than asked for is no error."""

    dimension_numbers: str
    precision_config: str = ""


@rules.rule("XlaDot", "XlaDotV2")
def dot(x: Node, y: Node, *, attrs: DotAttrs, out: Types) -> Node | Decline:
    """Shared axes first, then those of the left, then those of the right operand."""
    left, right = x.rank, y.rank
    if left is None or right is None:
        return Decline("the rank of an operand is not known")
    if out[0].dtype not in FLOATS | COMPLEX | {"int32", "int64"}:
        return Decline(f"torch multiplies no matrices of {out[0].dtype}")
    x, y = cast(x, out[0].dtype), cast(y, out[0].dtype)
    axes = DotAxes.read(attrs.dimension_numbers)
    plain = not axes.lhs_batch and axes.lhs_contracted == (left - 1,)
    if plain and right == 2:
        w = y if axes.rhs_contracted == (0,) else call("@mT", y, type=y.type)
        return call("@", x, w, type=out[0])
    return call("torch.einsum", _equation(axes, left, right), x, y, type=out[0])


def _equation(axes: DotAxes, left: int, right: int) -> str:
    first = list(LETTERS[:left])
    second = list(LETTERS[left : left + right])
    shared = zip(axes.lhs_batch, axes.rhs_batch, strict=True)
    summed = zip(axes.lhs_contracted, axes.rhs_contracted, strict=True)
    for a, b in (*shared, *summed):
        second[b] = first[a]
    batch = [first[a] for a in axes.lhs_batch]
    used = {*axes.lhs_batch, *axes.lhs_contracted}
    rest = [letter for i, letter in enumerate(first) if i not in used]
    rest += [letter for letter in second if letter not in first]
    return f"{''.join(first)},{''.join(second)}->{''.join(batch + rest)}"


@dataclass(frozen=True)
class EinsumAttrs:
    equation: str


@rules.rule("XlaEinsum")
def einsum(x: Node, y: Node, *, attrs: EinsumAttrs, out: Types) -> Node:
    return call("torch.einsum", attrs.equation.replace(" ", ""), x, y, type=out[0])


@dataclass(frozen=True)
class ConvAttrs:
    dimension_numbers: str
    precision_config: str = ""
    batch_group_count: int = 1


@rules.rule("XlaConv", "XlaConvV2")
def conv(
    x: Node,
    w: Node,
    strides: Node,
    padding: Node,
    inner: Node,
    dilations: Node,
    groups: Node,
    *,
    attrs: ConvAttrs,
    out: Types,
) -> Node | Decline:
    """``inner``: the dilation of the input, as a transposed convolution has it."""
    axes = ConvAxes.read(attrs.dimension_numbers)
    spatial = len(axes.lhs) - 2
    pads, count = pad_pairs(padding), scalar_of(groups)
    given = [ints_of(n) for n in (strides, inner, dilations)]
    if pads is None or count is None or any(g is None for g in given):
        return Decline(SIZES)
    if attrs.batch_group_count != 1:
        return Decline("the batch is convolved in groups")
    if out[0].dtype not in FLOATS or spatial not in (1, 2, 3):
        return Decline("torch convolves floats along one to three axes only")
    x = permute(cast(x, out[0].dtype), axes.lhs)
    w = permute(cast(w, out[0].dtype), axes.rhs)
    if set(given[1] or ()) != {1}:
        holes = (0, 0, *(d - 1 for d in given[1] or ()))
        x = call("helper.pad_inner", x, 0, holes)
    if any(before != after or before < 0 for before, after in pads):
        x, pads = call("F.pad", x, torch_pads([(0, 0)] * 2 + pads)), []
    named: dict[str, Any] = {"stride": _one_or_all(given[0] or ())}
    named["padding"] = _one_or_all([before for before, _ in pads] or [0])
    named["dilation"] = _one_or_all(given[2] or ())
    named["groups"] = count
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    named = {k: v for k, v in named.items() if v != usual[k]}
    made = call(f"F.conv{spatial}d", x, w, type=_inside(out[0], axes.out), **named)
    return permute(made, inverse(axes.out))


def _inside(type: TensorType, axes: Sequence[int]) -> TensorType:
    shape = type.shape
    return type.with_shape(None if shape is None else tuple(shape[a] for a in axes))


def _one_or_all(values: Sequence[int]) -> Arg:
    return values[0] if len(set(values)) == 1 else tuple(values)


def pad_pairs(padding: Node) -> list[tuple[int, int]] | None:
    array = array_of(padding)
    return None if array is None else [(int(b), int(a)) for b, a in array]


# --- slices and padding ----------------------------------------------------------


@rules.rule("XlaDynamicSlice")
def dynamic_slice(x: Node, starts: Node, sizes: Node, *, out: Types) -> Node:
    return call("helper.dynamic_slice", x, starts, sizes_arg(sizes), type=out[0])


@rules.rule("XlaDynamicUpdateSlice")
def dynamic_update_slice(x: Node, update: Node, starts: Node, *, out: Types) -> Node:
    return call("helper.dynamic_update_slice", x, update, starts, type=out[0])


@rules.rule("XlaPad")
def pad(
    x: Node, value: Node, low: Node, high: Node, inner: Node, *, out: Types
) -> Node | Decline:
    """Negative amounts cut; inner ones come between neighbours."""
    amounts = [ints_of(n) for n in (low, high, inner)]
    if any(a is None for a in amounts):
        return Decline("paddings that are computed at run time")
    before, after, between = (a or () for a in amounts)
    number = scalar_of(value)
    fill: Arg = value if number is None else number
    if any(between):
        x = call("helper.pad_inner", x, fill, between, type=x.type.with_shape(None))
    pads = torch_pads(list(zip(before, after, strict=True)))
    if not any(pads):
        return x
    if number is None:
        return call("helper.pad_edges", x, value, pads, type=out[0])
    if number == 0:
        return call("F.pad", x, pads, type=out[0])
    return call("F.pad", x, pads, value=number, type=out[0])


@rules.rule("XlaBroadcastHelper")
def broadcast_helper(
    x: Node, y: Node, axes: Node, *, out: Types
) -> tuple[Node, ...] | Decline:
    """The operand of lower rank gets axes of size 1 where it lacks some."""
    places = ints_of(axes)
    if places is None or x.rank is None or y.rank is None:
        return Decline("ranks or axes that are not known")
    if not places or x.rank == y.rank:
        return x, y
    if x.rank < y.rank:
        return _spread(x, places, y.rank, out[0]), y
    return x, _spread(y, places, x.rank, out[1])


def _spread(x: Node, places: Sequence[int], rank: int, out: TensorType) -> Node:
    index = tuple(None if i not in places else Slice() for i in range(rank))
    return call("[]", x, index, type=out)


# --- sorting ---------------------------------------------------------------------


@rules.rule("XlaSort")
def sort(x: Node, *, out: Types) -> Node:
    """In the total order: NaN of either sign stands outside of the infinities."""
    if x.dtype in FLOATS:
        made = call("helper.sort_together", (x,), types=out)
        return call("[]", made, 0, type=out[0])
    return call("@values", call(".sort", x), type=out[0])


@rules.rule("XlaKeyValueSort")
def key_value_sort(keys: Node, values: Node, *, out: Types) -> tuple[Node, ...]:
    return outs(call("helper.sort_together", (keys, values), types=out))


@dataclass(frozen=True)
class SortAttrs:
    comparator: Attr
    is_stable: bool


@rules.rule("XlaVariadicSort")
def variadic_sort(
    operands: tuple[Node, ...], dimension: Node, *, attrs: SortAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    """All operands in the order of the first one."""
    axis, how = scalar_of(dimension), does(attrs.comparator)
    if how not in ("Less", "Greater"):
        return Decline("its comparator does more than to compare the first operands")
    if axis is None:
        return Decline("the axis is computed at run time")
    if operands[0].dtype in FLOATS:
        return Decline("NaN has no place in the order of its comparator")
    named: dict[str, Any] = {"descending": True} if how == "Greater" else {}
    made = call("helper.sort_together", operands, int(axis), types=out, **named)
    return outs(made) if len(out) > 1 else (call("[]", made, 0, type=out[0]),)


def does(function: Attr) -> str:
    """The op that a function consists of; see :class:`FunctionRef`."""
    assert isinstance(function, FunctionRef)
    return function.does


# --- factorisations --------------------------------------------------------------


@dataclass(frozen=True)
class JacobiAttrs:
    """How long XLA iterates; torch's result is exact."""

    lower: bool
    max_iter: int
    epsilon: float


@rules.rule("XlaSelfAdjointEig")
def self_adjoint_eig(
    x: Node, *, attrs: JacobiAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    if x.dtype in ("float16", "bfloat16"):
        return Decline("torch factors no half precision")
    named: dict[str, Any] = {} if attrs.lower else {"UPLO": "U"}
    return outs(call("torch.linalg.eigh", x, types=out, **named))


@dataclass(frozen=True)
class SvdAttrs:
    max_iter: int
    epsilon: float
    precision_config: str = ""


@rules.rule("XlaSvd")
def svd(x: Node, *, attrs: SvdAttrs, out: Types) -> tuple[Node, ...] | Decline:
    """torch returns (u, s, vᴴ)."""
    if x.dtype in ("float16", "bfloat16"):
        return Decline("torch factors no half precision")
    types = (out[1], out[0], out[2])
    u, s, vh = outs(call("torch.linalg.svd", x, types=types))
    return s, u, call("@mH", vh, type=out[2])


# --- no operation on one device --------------------------------------------------


@rules.rule("XlaOptimizationBarrier")
def optimization_barrier(operands: tuple[Node, ...]) -> tuple[Node, ...]:
    return operands


@dataclass(frozen=True)
class ShardingAttrs:
    sharding: str = ""
    unspecified_dims: tuple[int, ...] = ()


@rules.rule("XlaSharding")
def sharding(x: Node, *, attrs: ShardingAttrs) -> Node:
    """Where the parts of a tensor lie changes no value."""
    return x


@rules.rule("XlaReplicaId")
def replica_id() -> Node:
    """A port runs as one replica, the first."""
    return const(0, "int32")


@dataclass(frozen=True)
class PrecisionAttrs:
    exponent_bits: int
    mantissa_bits: int


@rules.rule("XlaReducePrecision")
def reduce_precision(x: Node, *, attrs: PrecisionAttrs, out: Types) -> Node | Decline:
    if x.dtype != "float32":
        return Decline(f"rounding of {x.dtype} to fewer bits")
    bits = attrs.exponent_bits, attrs.mantissa_bits
    if bits[0] > 8 or bits[1] > 23 or bits[0] < 2:
        return Decline("more bits than float32 has")
    return call("helper.reduce_precision", x, *bits, type=out[0])
