"""The formula that all normalisations share: (x - mean) / sqrt(variance + eps).

What differs is where the statistics come from; what may follow is a scale and an
offset. Both are read off the sum of products, so the order in which a framework
multiplies does not matter:

    x·r·g - m·r·g + b      with r = (variance + eps)^(-1/2)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tf2torch.ir.nodes import Call, Node
from tf2torch.ir.types import Shape
from tf2torch.rules.lifts.algebra import (
    ONE,
    Algebra,
    Atom,
    Product,
    Sum,
    close,
    equal,
    scaled,
)
from tf2torch.rules.lifts.matching import (
    mean_of,
    parts,
    plus_number,
    squared,
    undetached,
)

ROOTS = ("torch.rsqrt", "torch.sqrt", "torch.pow", "**")
INVERSE_ROOT = Fraction(-1, 2)


@dataclass(frozen=True)
class Root:
    """``inside`` is the node v + eps below a root."""

    inside: Node
    variance: Node
    eps: float


@dataclass(frozen=True)
class Moments:
    """``x`` is normalised over ``axes``; ``mean`` is None for a mean square."""

    x: Node
    axes: tuple[int, ...]
    mean: Node | None


@dataclass(frozen=True)
class Affine:
    """Scale and offset of a normalised value; None where there is none."""

    scale: Atom | None
    offset: Atom | None


def roots(node: Node) -> Iterator[Root]:
    """Roots of v + eps in the arithmetic of ``node``."""
    for root in parts(node, ROOTS):
        inside = root.args[0]
        found = plus_number(inside) if isinstance(inside, Node) else None
        if found is not None:
            assert isinstance(inside, Node)
            yield Root(inside, *found)


def moments(variance: Node) -> Moments | None:
    """Whose variance (or mean square) ``variance`` is, with its axes kept."""
    outer = mean_of(variance)
    if outer is None:
        return None
    inner, axes = outer
    deviation = squared(inner)
    if deviation is None:
        return None
    match deviation:
        case Call("-", (Node() as x, Node() as m)):
            mean = undetached(m)
            if mean_of(mean) == (x, axes):
                return Moments(x, axes, mean)
    return Moments(deviation, axes, None)


def affine(node: Node, x: Node, mean: Node | None, root: Root) -> Affine | None:
    """``node`` as (x - mean) · root^(-1/2) · scale + offset."""
    algebra = Algebra([n for n in (x, root.inside, mean) if n is not None])
    whole = algebra.expand(node)
    if whole is None:
        return None
    center = None if mean is None else algebra.atom(mean)
    return split(whole, algebra.atom(x), algebra.atom(root.inside), center)


def split(whole: Sum, x: Atom, root: Atom, mean: Atom | None) -> Affine | None:
    """Scale and offset, each one atom at most."""
    scales = times(whole, x, root)
    rest = {f: c for f, c in whole.items() if not holds(f, x)}
    if mean is not None:
        if not equal(scaled(times(rest, mean, root), -1.0), scales):
            return None
        rest = {f: c for f, c in rest.items() if not holds(f, mean)}
    both = len(scales) * (1 if mean is None else 2)
    if not scales or both + len(rest) != len(whole):
        return None
    if any(holds(f, root) for f in rest):
        return None
    scale, offset = lone(scales), lone(rest)
    if (scale is None and not equal(scales, {ONE: 1.0})) or (rest and offset is None):
        return None
    return Affine(scale, offset)


def lone(terms: Sum) -> Atom | None:
    """The atom that ``terms`` is, with no number beside it."""
    if len(terms) != 1:
        return None
    [(factors, coefficient)] = terms.items()
    if len(factors) != 1 or not close(coefficient, 1.0):
        return None
    [(atom, power)] = factors
    return atom if power == 1 else None


def times(terms: Sum, x: Atom, root: Atom) -> Sum:
    """What stands beside x · root^(-1/2)."""
    pair = {(x, Fraction(1)), (root, INVERSE_ROOT)}
    return {f - pair: c for f, c in terms.items() if pair <= f}


def holds(factors: Product, atom: Atom) -> bool:
    return any(a == atom for a, _ in factors)


def trailing(shape: Shape, axes: tuple[int, ...]) -> bool:
    return axes == tuple(range(len(shape) - len(axes), len(shape)))
