"""Elementwise arithmetic: one operand, then two.

Gradients at corners are TensorFlow's: the first operand of Maximum and Minimum takes
all of it where both are equal, which is what torch does for a clamp.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, retype, scalar_of
from tf2torch.ir.nodes import Arg, Attr, Call, Const, Node
from tf2torch.ir.types import COMPLEX, FLOATS, TensorType
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS, in_int64

rules = RuleSet("math")


# --- one operand -----------------------------------------------------------------


def unary(func: str) -> RuleFunction:
    def rule(x: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
        if x.dtype in WITHOUT_KERNELS:
            return Decline(f"torch has no {func} for {x.dtype}")
        return call(func, x, type=out[0])

    return rule


rules.table(
    unary,
    {
        "Acos": "torch.acos",
        "Acosh": "torch.acosh",
        "Asin": "torch.asin",
        "Asinh": "torch.asinh",
        "Atan": "torch.atan",
        "Atanh": "torch.atanh",
        "ComplexAbs": "torch.abs",
        "Cos": "torch.cos",
        "Cosh": "torch.cosh",
        "Exp": "torch.exp",
        "Expm1": "torch.expm1",
        "Log": "torch.log",
        "Log1p": "torch.log1p",
        "Rsqrt": "torch.rsqrt",
        "Sin": "torch.sin",
        "Sinh": "torch.sinh",
        "Sqrt": "torch.sqrt",
        "Tan": "torch.tan",
    },
)


def rounding(func: str) -> RuleFunction:
    """Halves go to the even neighbour."""

    def rule(x: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
        if x.dtype not in FLOATS:
            return Decline(f"TensorFlow itself rounds no {x.dtype}")
        return call(func, x, type=out[0])

    return rule


rules.table(
    rounding,
    {
        "Ceil": "torch.ceil",
        "Floor": "torch.floor",
        "Rint": "torch.round",
        "Round": "torch.round",
    },
)


@rules.rule("Abs")
def abs_(x: Node) -> Node:
    return x if x.dtype.startswith("uint") else call("torch.abs", x, type=x.type)


@rules.rule("Neg")
def neg(x: Node) -> Node:
    if x.dtype in WITHOUT_KERNELS:
        return in_int64(lambda n: call("neg", n), x, dtype=x.dtype)
    return call("neg", x, type=x.type)


@rules.rule("Square")
def square(x: Node) -> Node:
    if x.dtype in WITHOUT_KERNELS:
        return in_int64(lambda n: call("torch.square", n), x, dtype=x.dtype)
    return call("torch.square", x, type=x.type)


@rules.rule("Sign")
def sign(x: Node) -> Node:
    """Of NaN it is NaN in TensorFlow and 0 in torch; the gradient is always 0."""
    if x.dtype in COMPLEX:
        return call("torch.sgn", call(".detach", x, type=x.type), type=x.type)
    if x.dtype in FLOATS:
        return call("helper.sign", x, type=x.type)
    return call("torch.sign", x, type=x.type)


@rules.rule("Inv", "Reciprocal")
def reciprocal(x: Node) -> Node | Decline:
    if x.dtype not in FLOATS | COMPLEX:
        return Decline(f"TensorFlow itself has no reciprocal of {x.dtype}")
    return call("torch.reciprocal", x, type=x.type)


# --- two operands ----------------------------------------------------------------


def binary(operator: str) -> RuleFunction:
    def rule(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node:
        if out[0].dtype in WITHOUT_KERNELS:
            return in_int64(lambda a, b: call(operator, a, b), x, y, dtype=out[0].dtype)
        return call(operator, x, y, type=out[0])

    return rule


rules.table(binary, {"Add": "+", "AddV2": "+", "Sub": "-", "Mul": "*"})


@rules.rule("RealDiv", "Div")
def divide(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    """Of integers the quotient toward zero."""
    if out[0].dtype in FLOATS | COMPLEX:
        return call("/", x, y, type=out[0])
    return truncate_div(x, y, out=out)


@rules.rule("TruncateDiv")
def truncate_div(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    def quotient(x: Node, y: Node) -> Node:
        return call("torch.div", x, y, rounding_mode="trunc", type=x.type)

    return _integer(quotient, x, y, out[0])


@rules.rule("Mod", "TruncateMod")
def truncate_mod(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    return _integer(lambda x, y: call("torch.fmod", x, y), x, y, out[0])


@rules.rule("FloorDiv")
def floor_div(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    """⌊x / y⌋ of the rounded quotient; torch's ``//`` of floats takes the exact one.

    Without a gradient, which would be 0 · ∞ where y is 0.
    """
    if out[0].dtype in FLOATS:
        quotient = call("/", x, y, type=out[0])
        if not scalar_of(y):
            quotient = call(".detach", quotient, type=out[0])
        return call("torch.floor", quotient, type=out[0])
    return _integer(lambda x, y: call("//", x, y), x, y, out[0])


@rules.rule("FloorMod")
def floor_mod(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    return _integer(lambda x, y: call("%", x, y), x, y, out[0])


def _integer(
    compute: RuleFunction, x: Node, y: Node, out: TensorType
) -> Node | Decline:
    """``compute(x, y)``, for unsigned operands in int64 if they fit."""
    if out.dtype == "uint64":
        return Decline("torch divides no uint64")
    if out.dtype in WITHOUT_KERNELS:
        return in_int64(compute, x, y, dtype=out.dtype)  # type: ignore[arg-type]
    made = compute(x, y)
    assert isinstance(made, Node)
    return retype(made, (out,))


@rules.rule("Maximum")
def maximum(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    return _extreme(x, y, out[0], "min")


@rules.rule("Minimum")
def minimum(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    return _extreme(x, y, out[0], "max")


def _extreme(x: Node, y: Node, out: TensorType, bound: str) -> Node | Decline:
    """``x.clamp(min=y)`` gives x the gradient of a tie, as TensorFlow's Maximum does.

    Where a number stands first the tie goes to it: relu, for 0.
    """
    if out.dtype in WITHOUT_KERNELS:
        if out.dtype == "uint64":
            return Decline("torch compares no uint64")
        torch_function = "torch.maximum" if bound == "min" else "torch.minimum"
        return in_int64(lambda a, b: call(torch_function, a, b), x, y, dtype=out.dtype)
    if scalar_of(y) is not None and y.rank == 0:
        return _clamp(x, scalar_of(y), bound, out)
    number = scalar_of(x) if x.rank == 0 else None
    if number is None:
        function = "torch.maximum" if bound == "min" else "torch.minimum"
        if out.dtype not in FLOATS:
            return call(function, x, y, type=out)
        return _bounded(x, bound, y, out)
    if out.dtype not in FLOATS:
        return _clamp(y, number, bound, out)
    if bound == "min":
        relu = number == 0
        args: tuple[Arg, ...] = () if relu else (number, number)
        return call("F.relu" if relu else "F.threshold", y, *args, type=out)
    return call(".clamp", call("torch.full_like", y, number, type=out), max=y, type=out)


def _clamp(x: Node, number: Arg, bound: str, out: TensorType) -> Node:
    """One clamp instead of two where both bounds are numbers in order."""
    low, high = (number, None) if bound == "min" else (None, number)
    if isinstance(x, Call) and x.func == ".clamp" and x.dtype in FLOATS:
        inner = dict(x.kwargs)
        low, high = inner.get("min", low), inner.get("max", high)
        numbers = not isinstance(low, Node) and not isinstance(high, Node)
        other = "max" if bound == "min" else "min"
        if numbers and set(inner) == {other} and low <= high:  # type: ignore[operator]
            return call(".clamp", *x.args, low, high, type=out)
    return _bounded(x, bound, number, out)


def _bounded(x: Node, bound: str, value: Arg, out: TensorType) -> Node:
    if bound == "min":
        return call(".clamp", x, min=value, type=out)
    return call(".clamp", x, max=value, type=out)


@rules.rule("ClipByValue")
def clip_by_value(
    x: Node, low: Node, high: Node, *, out: tuple[TensorType, ...]
) -> Node:
    """The gradient reaches x within the bounds, both included."""
    numbers = [scalar_of(b) for b in (low, high)]
    if None not in numbers and numbers[0] <= numbers[1]:  # type: ignore[operator]
        return call(".clamp", x, *numbers, type=out[0])
    return call("helper.clip_by_value", x, low, high, type=out[0])


@rules.rule("SquaredDifference")
def squared_difference(
    x: Node, y: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    if out[0].dtype in COMPLEX:
        return Decline("its gradient for complex numbers is TensorFlow's own")
    return call("torch.square", call("-", x, y, type=out[0]), type=out[0])


@rules.rule("Pow")
def pow_(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    if out[0].dtype in WITHOUT_KERNELS:
        return Decline(f"torch has no powers of {out[0].dtype}")
    if out[0].dtype in FLOATS and scalar_of(x) is None and not isinstance(y, Const):
        return call("helper.power", x, y, type=out[0])
    return call("torch.pow", x, y, type=out[0])


@dataclass(frozen=True)
class AccumulateAttrs:
    shape: Attr


@rules.rule("AccumulateNV2")
def accumulate_n(
    xs: tuple[Node, ...], *, attrs: AccumulateAttrs, out: tuple[TensorType, ...]
) -> Node:
    return add_n(xs, out=out)


@rules.rule("AddN")
def add_n(xs: tuple[Node, ...], *, out: tuple[TensorType, ...]) -> Node:
    total = xs[0]
    for x in xs[1:]:
        total = call("+", total, x, type=out[0])
    return total


# --- where a zero decides --------------------------------------------------------


def guarded(func: str) -> RuleFunction:
    def rule(x: Node, y: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
        if out[0].dtype in COMPLEX and func in ("helper.xlogy", "helper.xlog1py"):
            return Decline("torch has no x · log(y) of complex numbers")
        return call(func, x, y, type=out[0])

    return rule


rules.table(
    guarded,
    {
        "Atan2": "torch.atan2",
        "DivNoNan": "helper.divide_no_nan",
        "MulNoNan": "helper.multiply_no_nan",
        "NextAfter": "helper.next_after",
        "Xdivy": "helper.xdivy",
        "Xlog1py": "helper.xlog1py",
        "Xlogy": "helper.xlogy",
    },
)


# --- explicit gradients ----------------------------------------------------------


@rules.rule("SigmoidGrad")
def sigmoid_grad(y: Node, dy: Node) -> Node:
    rest = call("-", 1, y, type=y)
    return call("*", call("*", dy, y, type=y), rest, type=y)


@rules.rule("TanhGrad")
def tanh_grad(y: Node, dy: Node) -> Node:
    rest = call("-", 1, call("torch.square", y, type=y), type=y)
    return call("*", dy, rest, type=y)


@rules.rule("SqrtGrad")
def sqrt_grad(y: Node, dy: Node) -> Node:
    return call("/", call("*", dy, 0.5, type=y), y, type=y)


@rules.rule("RsqrtGrad")
def rsqrt_grad(y: Node, dy: Node) -> Node:
    return call("*", call("*", dy, -0.5, type=y), call("**", y, 3, type=y), type=y)


@rules.rule("InvGrad", "ReciprocalGrad")
def reciprocal_grad(y: Node, dy: Node) -> Node:
    return call("*", call("neg", dy, type=y), call("torch.square", y, type=y), type=y)
