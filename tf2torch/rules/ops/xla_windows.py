"""XLA's gathers, scatters and reductions whose function is a single op."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import call, ints_of, scalar_of
from tf2torch.ir.nodes import Arg, Attr, Node
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.rules.dimension_numbers import WindowAxes
from tf2torch.rules.elements import sizes_arg
from tf2torch.rules.ops.pad import torch_pads
from tf2torch.rules.ops.xla import SIZES, does, pad_pairs
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS

rules = RuleSet("xla_windows")
Types = tuple[TensorType, ...]
# What a function of two numbers does → torch's reduction, how to combine two values.
REDUCTIONS = {
    "Add": ("sum", "+"),
    "AddV2": ("sum", "+"),
    "Mul": ("prod", "*"),
    "Maximum": ("amax", "torch.maximum"),
    "Minimum": ("amin", "torch.minimum"),
    "LogicalAnd": ("all", "&"),
    "LogicalOr": ("any", "|"),
}
NEUTRAL = {"sum": 0, "prod": 1, "all": True, "any": False}
FUNCTION = "its function is more than one sum, product, extreme or logical op"
BATCHED = "its windows have batch axes"


# --- gather and scatter ----------------------------------------------------------


@dataclass(frozen=True)
class GatherAttrs:
    dimension_numbers: str
    indices_are_sorted: bool = False


@rules.rule("XlaGather")
def gather(
    x: Node, indices: Node, sizes: Node, *, attrs: GatherAttrs, out: Types
) -> Node | Decline:
    """Windows that would stick out are moved inside."""
    axes = WindowAxes.read(attrs.dimension_numbers)
    if axes.batched:
        return Decline(BATCHED)
    func = "helper.xla_gather"
    named = _axes(axes)
    return call(func, x, indices, sizes_arg(sizes), *named, type=out[0])


def _axes(axes: WindowAxes) -> tuple[Arg, ...]:
    return axes.window, axes.dropped, axes.mapped, axes.vector


@dataclass(frozen=True)
class ScatterAttrs:
    update_computation: Attr
    dimension_numbers: str
    indices_are_sorted: bool = False


@rules.rule("XlaScatter")
def scatter(
    x: Node, indices: Node, updates: Node, *, attrs: ScatterAttrs, out: Types
) -> Node | Decline:
    """Windows that would stick out are left out."""
    axes = WindowAxes.read(attrs.dimension_numbers)
    if axes.batched:
        return Decline(BATCHED)
    how = does(attrs.update_computation)
    args = (x, indices, updates, *_axes(axes))
    if how == "1":
        return call("helper.xla_scatter", *args, type=out[0])
    if how not in REDUCTIONS or x.dtype == "bool" or x.dtype in WITHOUT_KERNELS:
        return Decline(FUNCTION)
    reduce = REDUCTIONS[how][0]
    return call("helper.xla_scatter", *args, reduce=reduce, type=out[0])


# --- reductions ------------------------------------------------------------------


@dataclass(frozen=True)
class ReduceAttrs:
    dimensions_to_reduce: tuple[int, ...]
    reducer: Attr


@rules.rule("XlaReduce")
def reduce(x: Node, initial: Node, *, attrs: ReduceAttrs, out: Types) -> Node | Decline:
    how = does(attrs.reducer)
    if how not in REDUCTIONS or x.dtype in WITHOUT_KERNELS:
        return Decline(FUNCTION)
    name, _ = REDUCTIONS[how]
    axes = attrs.dimensions_to_reduce
    if not axes:
        made = x
    elif name == "prod" and len(axes) > 1:
        made = call("helper.reduce_axes", x, axes, name, type=out[0])
    else:
        made = _reduced(x, axes, name, out[0])
    return _combined(made, initial, how, out[0])


def _reduced(x: Node, axes: tuple[int, ...], name: str, out: TensorType) -> Node:
    where: Arg = axes[0] if len(axes) == 1 else axes
    if name in ("sum", "prod") and x.dtype not in FLOATS:
        return call("helper.reduce_axes", x, axes, name, type=out)
    return call(f".{name}", x, where, type=out)


def _combined(made: Node, initial: Node, how: str, out: TensorType) -> Node:
    """With the initial value, unless it changes nothing."""
    name, combine = REDUCTIONS[how]
    if scalar_of(initial) == _neutral(name, out.dtype):
        return made
    return call(combine, made, initial, type=out)


def _neutral(name: str, dtype: str) -> float:
    """What changes no result of a reduction."""
    if name in NEUTRAL:
        return NEUTRAL[name]
    if dtype in FLOATS:
        return -np.inf if name == "amax" else np.inf
    return int(np.iinfo(dtype).min if name == "amax" else np.iinfo(dtype).max)


@rules.rule("XlaVariadicReduce", "XlaVariadicReduceV2")
def variadic_reduce(
    operands: tuple[Node, ...],
    initials: tuple[Node, ...],
    *,
    attrs: ReduceAttrs,
    out: Types,
) -> Node | tuple[Node, ...] | Decline:
    if len(operands) != 1:
        return Decline("it reduces several operands together")
    made = reduce(operands[0], initials[0], attrs=attrs, out=out)
    return made if isinstance(made, Decline) else (made,)


@dataclass(frozen=True)
class WindowAttrs:
    computation: Attr


@rules.rule("XlaReduceWindow")
def reduce_window(
    x: Node,
    initial: Node,
    sizes: Node,
    strides: Node,
    base_dilations: Node,
    dilations: Node,
    padding: Node,
    *,
    attrs: WindowAttrs,
    out: Types,
) -> Node | Decline:
    """Padding counts for nothing."""
    how, pads = does(attrs.computation), pad_pairs(padding)
    given = [ints_of(n) for n in (sizes, strides, base_dilations, dilations)]
    if pads is None or any(g is None for g in given) or x.rank is None:
        return Decline(SIZES)
    if how not in REDUCTIONS or x.dtype in WITHOUT_KERNELS:
        return Decline(FUNCTION)
    known = tuple(g or () for g in given)
    fill = _neutral(REDUCTIONS[how][0], x.dtype)
    edges = torch_pads(pads)
    seen = call("helper.windows", x, fill, *known, edges, type=x.type.with_shape(None))
    axes = tuple(range(x.rank, 2 * x.rank))
    made = call("helper.reduce_axes", seen, axes, REDUCTIONS[how][0], type=out[0])
    return _combined(made, initial, how, out[0])


STAYS = {"GreaterEqual": "ge", "Greater": "gt", "LessEqual": "le", "Less": "lt"}


@dataclass(frozen=True)
class SelectAttrs:
    select: Attr
    scatter: Attr


@rules.rule("XlaSelectAndScatter")
def select_and_scatter(
    x: Node,
    sizes: Node,
    strides: Node,
    padding: Node,
    source: Node,
    initial: Node,
    *,
    attrs: SelectAttrs,
    out: Types,
) -> Node | Decline:
    """The gradient of a max pool: what arrives goes to the selected element."""
    pads, select = pad_pairs(padding), does(attrs.select)
    given = [ints_of(n) for n in (sizes, strides)]
    if pads is None or any(g is None for g in given):
        return Decline(SIZES)
    if select not in STAYS or does(attrs.scatter) not in ("Add", "AddV2"):
        return Decline("it selects by more than a comparison, or does not add")
    number = scalar_of(initial)
    fill: Arg = initial if number is None else number
    known = tuple(g or () for g in given)
    args = (x, source, fill, *known, torch_pads(pads), STAYS[select])
    return call("helper.select_and_scatter", *args, type=out[0])
