"""Numbers that say nothing, as what they were computed from.

    0.003921569     ->   1 / 255
    0.17677669      ->   1 / math.sqrt(32)
    2.3025851       ->   math.log(10)

Only where the expression is the same float: rounded to the constant's own precision.
"""

from __future__ import annotations

import math

import numpy as np

from tf2torch import pycode
from tf2torch.pycode import Expr

LARGEST = 4096
# A number with no more digits than this is one that a person wrote.
PLAIN_DIGITS = 4
NAMED = {
    "math.pi": math.pi,
    "2 * math.pi": 2 * math.pi,
    "math.sqrt(2 / math.pi)": math.sqrt(2 / math.pi),
    **{f"math.log({n})": math.log(n) for n in (2, 10)},
}


def derived_number(value: np.ndarray) -> Expr | None:
    """The expression for a float with many digits, or None."""
    if value.dtype.kind != "f" or value.ndim or not np.isfinite(value):
        return None
    plain = np.format_float_positional(np.abs(value), unique=True, trim="-")
    if len(plain.replace(".", "").strip("0")) <= PLAIN_DIGITS:
        return None
    number = float(abs(value))
    text = next((t for t, v in NAMED.items() if _same(value, v)), None)
    text = text or _fraction(value, number) or _root(value, number)
    if text is None:
        return None
    return pycode.expr(f"-({text})" if value < 0 else text)


def _same(value: np.ndarray, wanted: float) -> bool:
    return bool(np.abs(value) == value.dtype.type(wanted))


def _fraction(value: np.ndarray, number: float) -> str | None:
    below = round(1 / number) if number * LARGEST > 0.5 else 0
    if 2 <= below <= LARGEST and _same(value, 1 / below):
        return f"1 / {below}"
    return None


def _root(value: np.ndarray, number: float) -> str | None:
    square = round(number * number) if number < LARGEST else 0
    if 2 <= square <= LARGEST and _same(value, math.sqrt(square)):
        return f"math.sqrt({square})"
    below = round(1 / (number * number)) if number > 1 / LARGEST else 0
    if 2 <= below <= LARGEST and _same(value, 1 / math.sqrt(below)):
        return f"1 / math.sqrt({below})"
    return None
