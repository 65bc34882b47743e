"""Sizes as numbers and back: how TensorFlow's shape functions tell about symbols.

Every symbol becomes a prime of its own. A result that is a product of such primes, an
expression that was asked about, or one prime plus a small offset, is that expression
of the symbols.
"""

from __future__ import annotations

import sympy

from tf2torch.ir.types import Dim, dim, product

FIRST_PRIME = 32_749
MAX_OFFSET = 4096
# Expressions of these kinds are recognised as a whole, by primes further down.
ATOMS = (sympy.floor, sympy.Max, sympy.Min, sympy.Mod)
FIRST_ATOM = 24_001
# A number above this that no symbol explains may still come from one.
MAX_PLAIN = 16_000
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
            first = (FIRST_PRIME if size.is_Symbol else FIRST_ATOM) - self.shift
            kind = [p for e, p in self.primes.items() if e.is_Symbol == size.is_Symbol]
            self.primes[size] = int(sympy.prevprime(min(kind, default=first)))
        return self.primes[size]

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

    def decode(self, value: int) -> Dim | None:
        """``value`` as an expression of symbols; an int when it holds none of them."""
        if value in self.sizes:
            return self.sizes[value]
        rest, factors = value, []
        for name, prime in self.primes.items():
            while rest and rest % prime == 0:
                rest //= prime
                factors.append(name)
        if factors and abs(rest) < MAX_FACTOR:
            return dim(product(tuple(factors)) * rest)
        near = [n for n, p in self.primes.items() if abs(value - p) <= MAX_OFFSET]
        if len(near) == 1 and sum(n.is_Symbol for n in self.primes) == 1:
            return dim(near[0] + (value - self.primes[near[0]]))
        return None if near else value
