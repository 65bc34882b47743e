"""Reductions, positions of extremes, cumulative sums and products.

NaN: a maximum of NaN is NaN in both. For ArgMax torch counts NaN as the greatest, while
TensorFlow passes over it, for each dtype and axis, and gives 0 where all are NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tf2torch.ir.build import call, cast, const, ints_of
from tf2torch.ir.nodes import Arg, Call, DType, Node, Raw
from tf2torch.ir.types import COMPLEX, FLOATS, INTS, TensorType
from tf2torch.rules.elements import axis_arg
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS

rules = RuleSet("reduce")
Axes = tuple[int, ...]


@dataclass(frozen=True)
class ReduceAttrs:
    keep_dims: bool = False


Reduction = Callable[[Node, Axes, bool, TensorType], Node | Decline]


def reduction(reduce: Reduction, func: str) -> Callable[..., Node | Decline]:
    """A rule from what it does with an operand, its axes and ``keepdim``; ``func`` does
    it where only the run knows the axes."""

    def rule(
        x: Node, axis: Node, *, attrs: ReduceAttrs, out: tuple[TensorType, ...]
    ) -> Node | Decline:
        axes = ints_of(axis)
        if axes is None and _takes_all(axis, x) and not attrs.keep_dims:
            return reduce(x, (), False, out[0])
        if axes is None:
            return _over(func, x, axis, attrs.keep_dims, out[0])
        if x.rank is not None:
            axes = tuple(sorted({a % x.rank for a in axes} if x.rank else set()))
        if not axes:
            return _nothing_reduced(reduce, x, out[0])
        return reduce(x, axes, attrs.keep_dims, out[0])

    return rule


def _takes_all(axis: Node, x: Node) -> bool:
    """``range(rank of x)``, which TensorFlow writes where it does not know the rank."""
    match axis:
        case Call("torch.arange", (Call("torch.tensor", (Call("@ndim", (y,)),)),)):
            return y is x
    return False


def _over(
    func: str, x: Node, axis: Node, keepdim: bool, out: TensorType
) -> Node | Decline:
    """The reduction over axes that only the run knows."""
    unfit = func in ("torch.mean", "root") and x.dtype not in FLOATS
    if x.dtype in WITHOUT_KERNELS or unfit:
        return Decline("the axes are computed at run time")
    named: dict[str, Arg] = {"keepdim": True} if keepdim else {}
    if func == "torch.prod":
        return _call("helper.prod_over", x, (axis,), named, out)
    if func == "root":
        total = _over("torch.sum", call("torch.square", x, type=x), axis, keepdim, out)
        assert isinstance(total, Node)
        return call("torch.sqrt", total, type=out)
    made = call("helper.reduce_over", Raw(func), x, axis, type=out)
    return replace(made, kwargs=tuple(named.items()))


def _nothing_reduced(reduce: Reduction, x: Node, out: TensorType) -> Node:
    return call("torch.abs", x, type=out) if reduce is euclidean_norm else x


def _reduced(
    func: str, x: Node, axes: Axes, keepdim: bool, out: TensorType, dtype: str = ""
) -> Node:
    """``x.sum((1, 2), keepdim=True)``; no axes at all where they all go."""
    named: dict[str, Arg] = {}
    args: tuple[Arg, ...] = (axes if len(axes) > 1 else axes[0],) if axes else ()
    if x.rank == len(axes) and not keepdim:
        args = ()
    if keepdim:
        named["keepdim"] = True
    if dtype:
        named["dtype"] = DType(dtype)
    return _call(func, x, args, named, out)


def _call(
    func: str, x: Node, args: tuple[Arg, ...], named: dict[str, Arg], out: TensorType
) -> Node:
    made = call(func, x, *args, type=out)
    return replace(made, kwargs=tuple(named.items()))


def _promoted(x: Node, dtype: str) -> str:
    """The dtype to ask for, where torch would take int64."""
    return "" if x.dtype in FLOATS | COMPLEX or dtype == "int64" else dtype


def sum_(x: Node, axes: Axes, keepdim: bool, out: TensorType) -> Node | Decline:
    if out.dtype in WITHOUT_KERNELS:
        wide = out.with_dtype("int64")
        return cast(_reduced(".sum", cast(x, "int64"), axes, keepdim, wide), out.dtype)
    return _reduced(".sum", x, axes, keepdim, out, _promoted(x, out.dtype))


def mean(x: Node, axes: Axes, keepdim: bool, out: TensorType) -> Node | Decline:
    """Of integers the quotient toward zero of sum and count."""
    if x.dtype in FLOATS | COMPLEX:
        return _reduced(".mean", x, axes, keepdim, out)
    if x.dtype in WITHOUT_KERNELS:
        return Decline(f"torch has no mean of {x.dtype}")
    total = sum_(x, axes, keepdim, out)
    assert isinstance(total, Node)
    if x.shape is None:
        return Decline("the rank of the integers is unknown")
    count: Arg = 1
    for axis in axes:
        count = count * x.shape[axis]  # type: ignore[operator] # sizes
    return call("torch.div", total, count, rounding_mode="trunc", type=out)


def prod(x: Node, axes: Axes, keepdim: bool, out: TensorType) -> Node | Decline:
    """torch multiplies along one axis at a time."""
    if out.dtype in WITHOUT_KERNELS:
        return Decline(f"torch has no product of {out.dtype}")
    dtype = _promoted(x, out.dtype)
    if not axes or (x.rank == len(axes) and not keepdim):
        return _reduced(".prod", x, axes, keepdim, out, dtype)
    if x.shape is None:
        return call("helper.prod_over", x, const(axes), keepdim=keepdim, type=out)
    shape = list(x.shape)
    for axis in sorted(axes, reverse=True):
        shape[axis : axis + 1] = [1] if keepdim else []
        partial = out.with_shape(tuple(shape))
        x = _reduced(".prod", x, (axis,), keepdim, partial, dtype)
    return x


def extreme(func: str) -> Reduction:
    def reduce(x: Node, axes: Axes, keepdim: bool, out: TensorType) -> Node | Decline:
        if x.dtype in WITHOUT_KERNELS:
            if x.dtype == "uint64":
                return Decline("torch compares no uint64")
            wide = out.with_dtype("int64")
            made = _reduced(func, cast(x, "int64"), axes, keepdim, wide)
            return cast(made, out.dtype)
        if x.shape is None:
            return _reduced(func, x, axes, keepdim, out)
        if any(x.shape[a] == 0 for a in axes):
            return _of_nothing(func, x, out)
        return _reduced(func, x, axes, keepdim, out)

    return reduce


def _of_nothing(func: str, x: Node, out: TensorType) -> Node | Decline:
    """The extreme over an axis of size 0: the end of the number line."""
    if out.shape is None or x.dtype not in FLOATS | INTS:
        return Decline(f"it is the extreme of no {x.dtype}")
    bound: Arg = float("-inf") if func == ".amax" else float("inf")
    if x.dtype in INTS:
        limits = np.iinfo(x.dtype)
        bound = int(limits.min if func == ".amax" else limits.max)
    return call("torch.full", out.shape, bound, dtype=DType(out.dtype), type=out)


def truth(func: str) -> Reduction:
    def reduce(x: Node, axes: Axes, keepdim: bool, out: TensorType) -> Node:
        return _reduced(func, x, axes, keepdim, out)

    return reduce


def euclidean_norm(
    x: Node, axes: Axes, keepdim: bool, out: TensorType
) -> Node | Decline:
    """√Σx²; the gradient at 0 is NaN in TensorFlow and 0 in torch's norm."""
    if x.dtype in COMPLEX:
        return Decline("it is the norm of complex numbers")
    if x.dtype not in FLOATS:
        return Decline(f"torch has no norm of {x.dtype}")
    squares = call("torch.square", x, type=x)
    total = _reduced(".sum", squares, axes, keepdim, out)
    return call("torch.sqrt", total, type=out)


for _op, _reduce, _func in (
    ("Sum", sum_, "torch.sum"),
    ("Mean", mean, "torch.mean"),
    ("Prod", prod, "torch.prod"),
    ("Max", extreme(".amax"), "torch.amax"),
    ("Min", extreme(".amin"), "torch.amin"),
    ("All", truth(".all"), "torch.all"),
    ("Any", truth(".any"), "torch.any"),
    ("EuclideanNorm", euclidean_norm, "root"),
):
    rules.add(_op, reduction(_reduce, _func))


# --- positions -------------------------------------------------------------------


def position(func: str) -> Callable[..., Node | Decline]:
    def rule(
        x: Node, dimension: Node, *, out: tuple[TensorType, ...]
    ) -> Node | Decline:
        if x.dtype in COMPLEX or x.dtype in WITHOUT_KERNELS:
            return Decline(f"torch orders no {x.dtype}")
        if x.dtype == "bool":
            x = cast(x, "uint8")
        axis = axis_arg(dimension)
        plain = x.dtype in INTS or _all_or_no_nan(x, axis)
        chosen = f".{func}" if plain else f"helper.{func}"
        found = call(chosen, x, axis, type=out[0].with_dtype("int64"))
        return cast(found, out[0].dtype)

    return rule


def _all_or_no_nan(x: Node, axis: Arg) -> bool:
    """Along ``axis``: one NaN makes a softmax NaN as a whole, whose first is taken."""
    match x:
        case Call(".softmax" | ".log_softmax", (_, int() as along)):
            return (
                x.rank is not None
                and isinstance(axis, int)
                and ((axis - along) % x.rank == 0)
            )
    return False


rules.table(position, {"ArgMax": "argmax", "ArgMin": "argmin"})


# --- cumulative ------------------------------------------------------------------


@dataclass(frozen=True)
class ScanAttrs:
    exclusive: bool = False
    reverse: bool = False


def scan(func: str) -> Callable[..., Node | Decline]:
    """TensorFlow's gradient of Cumprod is 0 at a factor 0; torch's is the true one."""
    neutral: Arg = {"torch.cumsum": 0, "torch.cumprod": 1}.get(func, float("-inf"))

    def rule(
        x: Node, axis: Node, *, attrs: ScanAttrs, out: tuple[TensorType, ...]
    ) -> Node | Decline:
        if x.dtype in WITHOUT_KERNELS:
            return Decline(f"torch has no running sums of {x.dtype}")
        along, typed = axis_arg(axis), out[0]
        if attrs.reverse:
            x = call(".flip", x, along, type=typed)
        if attrs.exclusive:
            x = call("helper.shift", x, along, neutral, type=typed)
        dtype = _promoted(x, typed.dtype)
        named: dict[str, Arg] = {"dtype": DType(dtype)} if dtype else {}
        made = _call(func, x, (along,), named, typed)
        return call(".flip", made, along, type=typed) if attrs.reverse else made

    return rule


rules.table(
    scan,
    {
        "Cumsum": "torch.cumsum",
        "Cumprod": "torch.cumprod",
        "CumulativeLogsumexp": "torch.logcumsumexp",
    },
)
