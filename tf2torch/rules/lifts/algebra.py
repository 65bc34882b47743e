"""Arithmetic as sums of products, so that a formula is one however it is written.

    x * (r * g) + (b - m * (r * g))   ->   x·r·g - m·r·g + b

What is no arithmetic is an atom: a node and the shape in which it broadcasts, free of
leading ones, so that a variable [C] and the same one as [1, 1, C] are one atom.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from tf2torch.ir.build import array_of
from tf2torch.ir.nodes import Arg, Call, Node, Param, Slice
from tf2torch.ir.types import Dim, Shape

MAX_TERMS = 16
MAX_STEPS = 64
# Relative; constants were rounded to float32, or typed in by hand with nine digits.
CLOSE = 1e-6
RESHAPES = frozenset({".reshape", ".unflatten", ".flatten", ".squeeze", ".unsqueeze"})


@dataclass(frozen=True)
class Atom:
    """``node`` as it meets other operands: ``shape`` is None where it is unknown."""

    node: Node
    shape: Shape | None


Product: TypeAlias = "frozenset[tuple[Atom, Fraction]]"
Sum: TypeAlias = "dict[Product, float]"
ONE: Product = frozenset()


def product(*factors: Atom | tuple[Atom, Fraction | int]) -> Product:
    """``product(x, (y, -1))`` is x/y."""
    powers = (f if isinstance(f, tuple) else (f, 1) for f in factors)
    return frozenset((a, Fraction(p)) for a, p in powers)


def equal(left: Sum, right: Sum) -> bool:
    """The same products with the same coefficients, up to float32."""
    return left.keys() == right.keys() and all(close(left[p], right[p]) for p in left)


def close(left: float, right: float) -> bool:
    return abs(left - right) <= CLOSE * max(abs(left), abs(right))


def number(arg: Arg) -> float | None:
    """A Python number, or a constant of one element."""
    if isinstance(arg, bool):
        return None
    if isinstance(arg, (int, float)):
        return float(arg)
    array = array_of(arg) if isinstance(arg, Node) else None
    if array is None or array.size != 1 or array.dtype.kind not in "fiu":
        return None
    return float(array.reshape(()))


def without_ones(shape: Iterable[Dim]) -> Shape:
    return tuple(s for s in shape if s != 1)


def placed(shape: Shape | None) -> Shape | None:
    """``shape`` without its leading ones, which broadcasting adds anyway."""
    if shape is None:
        return None
    first = next((i for i, s in enumerate(shape) if s != 1), len(shape))
    return shape[first:]


def unshaped(node: Arg) -> Node | None:
    """x when ``node`` is ``x.reshape(...)`` in whatever words, also ``x[:, None]``."""
    if not isinstance(node, Call) or not node.args:
        return None
    x = node.args[0]
    if node.func == "[]":
        index = node.args[1]
        items = index if isinstance(index, tuple) else (index,)
        if any(i is not None and i != Slice() for i in items):
            return None
    elif node.func not in RESHAPES:
        return None
    return x if isinstance(x, Node) else None


class TooLong(Exception):
    """The sum grew beyond what an idiom is made of."""


@dataclass
class Algebra:
    """Expands nodes; ``opaque`` nodes are atoms whatever they compute.

    Reads of one variable are one atom. ``constants`` are nodes that stand for numbers.
    """

    opaque: Collection[Node] = ()
    constants: Mapping[Node, float] = field(default_factory=dict)
    known: dict[object, Node] = field(default_factory=dict)
    steps: int = 0

    def expand(self, node: Node) -> Sum | None:
        """``node`` as a sum of products; None when it is too long to be an idiom."""
        self.steps = 0
        try:
            return self._of(node, placed(node.shape))
        except TooLong:
            return None

    def atom(self, node: Node, shape: Shape | None = None) -> Atom:
        """The atom that ``node`` is, or would be if it were opaque."""
        return Atom(self._same(node), placed(node.shape) if shape is None else shape)

    def _same(self, node: Node) -> Node:
        if not isinstance(node, Param):
            return node
        steps = node.transforms
        if steps and steps[-1].kind == "reshape":
            steps = steps[:-1]
        key = (node.variable, steps, without_ones(node.shape or ()))
        return self.known.setdefault(key, node)

    def _of(self, arg: Arg, shape: Shape | None) -> Sum:
        value = self.constants.get(arg) if isinstance(arg, Node) else None
        value = number(arg) if value is None else value
        if value is not None:
            return {ONE: value} if value else {}
        if not isinstance(arg, Node):
            raise TooLong
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLong
        made = None
        if isinstance(arg, Call) and not any(arg is n for n in self.opaque):
            made = self._call(arg, shape)
        if made is None:
            return {product(Atom(self._same(arg), shape)): 1.0}
        if len(made) > MAX_TERMS:
            raise TooLong
        return made

    def _call(self, node: Call, shape: Shape | None) -> Sum | None:
        inner = unshaped(node)
        if inner is not None:
            return self._reshaped(node, inner, shape)
        if node.func in POWERS:
            return self._power(node.args[0], POWERS[node.func], node, shape)
        rule = OPERATORS.get(node.func)
        if rule is None or node.kwargs:
            return None
        return rule(self, node, shape)

    def _reshaped(self, node: Call, inner: Node, shape: Shape | None) -> Sum | None:
        """A reshape that only adds or drops ones shapes each operand alike."""
        if inner.shape is None or node.shape is None:
            return None
        if without_ones(inner.shape) != without_ones(node.shape):
            return None
        return self._of(inner, shape)

    def _operand(self, arg: Arg, user: Call, shape: Shape | None) -> Sum:
        return self._of(arg, self._operand_shape(arg, user, shape))

    def _operand_shape(self, arg: Arg, user: Call, shape: Shape | None) -> Shape | None:
        """The shape that a reshape above ``user`` to ``shape`` gives its operand."""
        own = placed(arg.shape) if isinstance(arg, Node) else ()
        if shape == placed(user.shape) or shape is None or not own:
            return own
        if user.shape is None or without_ones(own) != without_ones(user.shape):
            raise TooLong
        return shape

    def _add(self, node: Call, shape: Shape | None) -> Sum:
        left, right = (self._operand(a, node, shape) for a in node.args)
        return added(left, right)

    def _subtract(self, node: Call, shape: Shape | None) -> Sum:
        left, right = (self._operand(a, node, shape) for a in node.args)
        return added(left, scaled(right, -1.0))

    def _negate(self, node: Call, shape: Shape | None) -> Sum:
        return scaled(self._operand(node.args[0], node, shape), -1.0)

    def _multiply(self, node: Call, shape: Shape | None) -> Sum:
        left, right = (self._operand(a, node, shape) for a in node.args)
        return multiplied(left, right)

    def _divide(self, node: Call, shape: Shape | None) -> Sum | None:
        left = self._operand(node.args[0], node, shape)
        below = node.args[1]
        value = number(below)
        if value is not None:
            return scaled(left, 1.0 / value) if value else None
        if not isinstance(below, Node):
            return None
        inverse = self._power(below, Fraction(-1), node, shape)
        return None if inverse is None else multiplied(left, inverse)

    def _to_power(self, node: Call, shape: Shape | None) -> Sum | None:
        exponent = number(node.args[1])
        if exponent is None or exponent * 2 != int(exponent * 2):
            return None
        return self._power(node.args[0], Fraction(exponent), node, shape)

    def _power(
        self, arg: Arg, exponent: Fraction, user: Call, shape: Shape | None
    ) -> Sum | None:
        """Sums keep whole powers up to 4; below a root or a fraction they are atoms."""
        inner = self._operand(arg, user, shape)
        whole = exponent.denominator == 1 and 0 < exponent <= 4
        if whole and len(inner) <= 2:
            made = inner
            for _ in range(int(exponent) - 1):
                made = multiplied(made, inner)
            return made
        if len(inner) == 1:
            [(factors, coefficient)] = inner.items()
            single = coefficient == 1 and [p for _, p in factors] == [1]
            if single or exponent.denominator == 1:
                powers = frozenset((a, p * exponent) for a, p in factors)
                return {powers: coefficient ** float(exponent)}
        if not isinstance(arg, Node):
            return None
        atom = Atom(self._same(arg), self._operand_shape(arg, user, shape))
        return {product((atom, exponent)): 1.0}


Rule = Callable[[Algebra, Call, "Shape | None"], "Sum | None"]
OPERATORS: dict[str, Rule] = {
    "+": Algebra._add,
    "-": Algebra._subtract,
    "*": Algebra._multiply,
    "/": Algebra._divide,
    "neg": Algebra._negate,
    "**": Algebra._to_power,
    "torch.pow": Algebra._to_power,
}
POWERS = {
    "torch.square": Fraction(2),
    "torch.sqrt": Fraction(1, 2),
    "torch.rsqrt": Fraction(-1, 2),
    "torch.reciprocal": Fraction(-1),
}
ARITHMETIC = frozenset(OPERATORS) | frozenset(POWERS)


def added(left: Sum, right: Sum) -> Sum:
    total = dict(left)
    for factors, coefficient in right.items():
        value = total.get(factors, 0.0) + coefficient
        if abs(value) <= CLOSE * abs(coefficient):
            total.pop(factors, None)
        else:
            total[factors] = value
    return total


def scaled(terms: Sum, by: float) -> Sum:
    return {factors: coefficient * by for factors, coefficient in terms.items()}


def multiplied(left: Sum, right: Sum) -> Sum:
    total: Sum = {}
    for a, x in left.items():
        for b, y in right.items():
            total = added(total, {_joined(a, b): x * y})
    if len(total) > MAX_TERMS:
        raise TooLong
    return total


def _joined(left: Product, right: Product) -> Product:
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, Fraction(0)) + power
    return frozenset((a, p) for a, p in powers.items() if p)
