"""Sizes as numbers and back: how TensorFlow's shape functions tell about symbols.

Every symbol becomes a prime of its own, far from the others, for an offset must not
lead from one to the next. A result that is a product of such primes, an expression
that was asked about, or the only prime plus a small offset, is that expression.
"""

from __future__ import annotations

import sympy

from tf2torch.ir.types import Dim, dim, product

FIRST_PRIME = 45_007
SPACING = 600
LEAST_PRIME = 9_000
MAX_OFFSET = 4096
# Expressions of these kinds are recognised as a whole, by primes of their own.
ATOMS = (sympy.floor, sympy.Max, sympy.Min, sympy.Mod)
# A number above this that no symbol explains may still come from one.
MAX_PLAIN = 4_000
MAX_FACTOR = 1 << 22


class SizeCodes:
    """``shift`` moves all primes: what no shift changes is a plain number."""

    def __init__(self, shift: int = 0) -> None:
        self.shift = shift
        self.primes: dict[sympy.Expr, int] = {}
        self.codes: dict[sympy.Expr, int] = {}
        self.sizes: dict[int, sympy.Expr] = {}

    def prime(self, size: sympy.Expr) -> int:
        """The prime of a symbol, or of an expression that is an atom as one is."""
        if size not in self.primes:
            self.primes[size] = self.next_prime()
            self.sizes[self.primes[size]] = size
        return self.primes[size]

    def next_prime(self) -> int:
        """Down in wide steps, then again between the steps of before."""
        places = (FIRST_PRIME - self.shift - LEAST_PRIME) // (SPACING + self.shift)
        rounds, place = divmod(len(self.primes), places)
        steps = place * (SPACING + self.shift) + rounds * 37
        found = int(sympy.prevprime(FIRST_PRIME - self.shift - steps))
        while found in self.sizes:
            found = int(sympy.prevprime(found))
        return found

    def encode(self, size: Dim) -> int:
        if isinstance(size, int):
            return size
        if size.has(*ATOMS):
            return self.prime(size)
        if size not in self.codes:
            primes = {s: self.prime(s) for s in size.free_symbols}
            self.codes[size] = int(size.subs(primes))
            self.sizes.setdefault(self.codes[size], size)
        return self.codes[size]

    def certain(self, value: int) -> Dim | None:
        """``value`` as the expression, the product or the small number that it is."""
        if value in self.sizes:
            return self.sizes[value]
        rest, factors = value, []
        for name, prime in self.primes.items():
            while rest and rest % prime == 0:
                rest //= prime
                factors.append(name)
        if factors and abs(rest) < MAX_FACTOR:
            return dim(product(tuple(factors)) * rest)
        return value if value <= MAX_PLAIN else None

    def probable(self, value: int) -> Dim | None:
        """The only symbol and an offset."""
        near = [n for n, p in self.primes.items() if abs(value - p) <= MAX_OFFSET]
        if len(near) == 1 and sum(n.is_Symbol for n in self.primes) == 1:
            return dim(near[0] + (value - self.primes[near[0]]))
        return None
