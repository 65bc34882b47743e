"""What is known of a value's sign, whatever the inputs are."""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import array_of
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.rules.lifts.algebra import number, unshaped
from tf2torch.rules.lifts.matching import plain_number, squared

DEPTH = 12
NEVER_NEGATIVE = frozenset(
    "torch.square torch.abs F.relu F.relu6 torch.exp torch.sigmoid F.softplus "
    ".softmax".split()
)
POSITIVE = frozenset("torch.exp .softmax F.softplus torch.cosh".split())
# Not negative, or positive, as their first operand is.
KEEPING = frozenset(
    ".sum .mean .amax .amin .permute .expand .detach [] .cumsum F.avg_pool2d".split()
)


def positive(arg: Arg) -> bool:
    """Greater than 0 in every element (as a formula: ``exp`` may underflow)."""
    return _above(arg, True, DEPTH)


def flat(arg: Arg, depth: int = DEPTH) -> bool:
    """0 or more in every element, and where it is 0 without a gradient of its own, as
    squares are; a clamp at 0 passes a gradient there."""
    if positive(arg):
        return True
    if depth == 0 or not isinstance(arg, Call) or not arg.args:
        return False
    if arg.func in NEVER_NEGATIVE or squared(arg) is not None:
        return True
    if arg.func in KEEPING or unshaped(arg) is not None:
        return flat(arg.args[0], depth - 1)
    match arg:
        case Call("+" | "*" | "/", (left, right)):
            return flat(left, depth - 1) and flat(right, depth - 1)
        case Call("torch.pow" | "**", (_, exponent)):
            return _is_even(exponent)
    return False


def _above(arg: Arg, strictly: bool, depth: int) -> bool:
    if not isinstance(arg, Node):
        value = number(arg)
        return value is not None and (value > 0 if strictly else value >= 0)
    array = array_of(arg)
    if array is not None:
        real = array.dtype.kind in "fiu"
        return real and bool((array > 0 if strictly else array >= 0).all())
    if depth == 0 or not isinstance(arg, Call) or not arg.args:
        return False
    return _call_above(arg, strictly, depth - 1)


def _call_above(node: Call, strictly: bool, depth: int) -> bool:
    if node.func in POSITIVE or (not strictly and node.func in NEVER_NEGATIVE):
        return True
    first = node.args[0]
    if node.func in KEEPING or unshaped(node) is not None:
        return _above(first, strictly, depth)
    match node:
        case Call("torch.sqrt" | "torch.rsqrt" | "torch.square"):
            return strictly and _above(first, strictly, depth)
        case Call(".clamp"):
            limit = node.kwarg("min", node.args[1] if len(node.args) > 1 else None)
            return _above(plain_number(limit), strictly, depth)
        case Call("torch.maximum", (left, right)):
            return any(_above(a, strictly, depth) for a in (left, right))
        case Call("+", (left, right)):
            return (
                _above(left, False, depth)
                and _above(right, False, depth)
                and (not strictly or any(_above(a, True, depth) for a in (left, right)))
            )
        case Call("*" | "/", (left, right)):
            both = all(_above(a, strictly, depth) for a in (left, right))
            return both or (not strictly and squared(node) is not None)
        case Call("torch.pow" | "**", (_, exponent)):
            even = not strictly and _is_even(exponent)
            return even or _above(first, strictly, depth)
    return False


def _is_even(exponent: Arg) -> bool:
    power = number(exponent)
    return power is not None and power > 0 and power % 2 == 0


def root_squared(node: Node) -> Node | None:
    """``torch.sqrt(x) ** 2``   ->   ``x``, where x is a sum of squares or the like.

    What TensorFlow's SqrtGrad makes 0 there is 0 anyway one step further.
    """
    root = squared(node)
    found = None if root is None else _under_root(root)
    same = found is not None and (found.shape, found.dtype) == (node.shape, node.dtype)
    return found if same else None


def _under_root(node: Node) -> Node | None:
    """x of ``torch.sqrt(x)``, in the shape that the root is brought to."""
    inner = unshaped(node)
    match node:
        case Call("torch.sqrt", (Node() as x,)):
            return x if flat(x) else None
        case Call(".permute", (Node() as permuted, *_)):
            inner = permuted
    below = None if inner is None else _under_root(inner)
    if below is None or not isinstance(node, Call):
        return None
    return replace(node, args=(below, *node.args[1:]))
