"""Custom gradients that are the true ones, written out to save memory.

``tf.nn.silu`` is x · sigmoid(b·x) with a gradient of its own, which is its derivative.
"""

from __future__ import annotations

from fractions import Fraction

from tf2torch.ir.nodes import Call, Const, CustomGradient, Input, Node, Out
from tf2torch.rules.lifts.algebra import Algebra, Atom, Sum, equal, number, product
from tf2torch.rules.lifts.matching import parts


def silu(node: Node) -> Node | None:
    match node:
        case Out(node=CustomGradient() as whole, index=0):
            pass
        case _:
            return None
    value, *others = whole.inputs
    found = _gate(value)
    if found is None:
        return None
    x, factor = found
    if any(n is not x and not isinstance(n, Const) for n in others):
        return None
    at = next((i for i, n in enumerate(whole.inputs) if n is x), None)
    if at is None or not _is_derivative(whole, at, x, factor):
        return None
    return value


def _gate(value: Node) -> tuple[Node, float] | None:
    """x, b of ``x * sigmoid(b * x)``"""
    match value:
        case Call("F.silu", (Node() as x,)):
            return x, 1.0
        case Call("*", (Node() as x, Call("torch.sigmoid", (Node() as inner,)))):
            algebra = Algebra([x])
            terms = algebra.expand(inner)
            factor = (terms or {}).get(product(algebra.atom(x)))
            if terms is None or factor is None or len(terms) != 1:
                return None
            return x, factor
    return None


def _is_derivative(whole: CustomGradient, at: int, x: Node, factor: float) -> bool:
    """dy · s · (1 + b·x·(1 - s)) with s = sigmoid(b·x)"""
    graph = whole.backward
    gradients = dict(graph.outputs)
    result = gradients.get(str(at))
    if result is None:
        return False
    count = len(whole.types)
    values = dict(zip(graph.inputs[count:], whole.captures, strict=True))
    own = [i for i, n in values.items() if n is x]
    gates = list(parts(result, {"torch.sigmoid"}))
    if len(own) != 1 or len({*gates}) != 1:
        return False
    algebra = Algebra([graph.inputs[0], own[0], gates[0]], constants=_numbers(values))
    dy, z, s = (algebra.atom(n) for n in (graph.inputs[0], own[0], gates[0]))
    inner = gates[0].args[0]
    if not isinstance(inner, Node):
        return False
    terms, below = algebra.expand(result), algebra.expand(inner)
    if terms is None or below is None or not equal(below, {product(z): factor}):
        return False
    return equal(terms, _derivative(dy, z, s, factor))


def _derivative(dy: Atom, x: Atom, s: Atom, factor: float) -> Sum:
    twice = (s, Fraction(2))
    return {
        product(dy, s): 1.0,
        product(dy, x, s): factor,
        product(dy, x, twice): -factor,
    }


def _numbers(values: dict[Input, Node]) -> dict[Node, float]:
    """Captured constants by the input of the backward graph that they become."""
    found = {i: number(n) for i, n in values.items() if isinstance(n, Const)}
    return {i: v for i, v in found.items() if v is not None}
