"""What a scalar constant of float32 was before it was rounded.

The float32 nearest to 0.1 was 0.1, the one nearest to 1/255 was 1/255: of a number with
few digits these are the number, of one with many the expression that rounds to it.
"""

from __future__ import annotations

import math

import numpy as np

LARGEST = 4096
PLAIN_DIGITS = 4  # a number with no more digits is one that a person wrote
NAMED = (math.pi, 2 * math.pi, math.sqrt(2 / math.pi), math.log(2), math.log(10))


def meant(value: float) -> float:
    """The number that ``value``, a float32, stands for."""
    single = np.float32(value)
    if not np.isfinite(single):
        return float(single)
    size = abs(single)
    digits = np.format_float_positional(size, unique=True, trim="-")
    if len(digits.replace(".", "").strip("0")) <= PLAIN_DIGITS:
        return shortest(value)
    for candidate in (*NAMED, *_derived(float(size))):
        if np.float32(candidate) == size:
            return math.copysign(candidate, single)
    return shortest(value)


def shortest(value: float) -> float:
    """The decimal number with the fewest digits that rounds to this float32."""
    return float(str(np.float32(value)))


def _derived(size: float) -> list[float]:
    """1 / n, sqrt(n) and 1 / sqrt(n) next to ``size``."""
    if not 1 / LARGEST < size < LARGEST:
        return []
    below, square, under = round(1 / size), round(size * size), round(size**-2)
    found = [1 / below] if 2 <= below <= LARGEST else []
    found += [math.sqrt(square)] if 2 <= square <= LARGEST else []
    return found + ([1 / math.sqrt(under)] if 2 <= under <= LARGEST else [])
