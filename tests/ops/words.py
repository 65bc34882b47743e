"""String operands of cases."""

from __future__ import annotations

import numpy as np

from tests.ops.cases import Operand

ALPHABET = "a b,B-_.1 9\t\néÉßΣ漢🎉/<>'\"\\"


def words(*shape: int, longest: int = 12, alphabet: str = ALPHABET) -> Operand:
    """Random text of up to ``longest`` characters, empty strings among it."""

    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        characters = list(alphabet)
        made = [
            "".join(random.choice(characters, random.integers(0, longest + 1)))
            for _ in range(int(np.prod(shape)))
        ]
        return np.array([m.encode() for m in made], object).reshape(shape)

    return Operand(shape, "string", draw)


def byte_strings(lengths: range) -> np.ndarray:
    """One string of random bytes per length."""
    random = np.random.default_rng(0)
    made = [random.integers(0, 256, n).astype(np.uint8).tobytes() for n in lengths]
    return np.array(made, object)


def strings(*items: str | bytes) -> np.ndarray:
    """The given strings as one vector."""
    plain = [i.encode() if isinstance(i, str) else i for i in items]
    return np.array(plain, object)
