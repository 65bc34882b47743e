"""Input sets at the edges of what a model is given, made from an ordinary one.

Magnitudes stay where float32 itself computes: the squares of ``TINY`` are no denormals
(TensorFlow flushes these to zero, torch does not), those of ``HUGE`` do not overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tf2torch.verify.wire import Arrays

TINY = 1e-15
HUGE = 1e6

LONG_TEXT = b"a word and another " * 20


def edge_sets(single: Arrays, several: Arrays) -> Iterator[tuple[str, Arrays]]:
    """(name, arrays): of ``single`` (one example), and ``several`` where examples are
    to be alike. A set that leaves everything as it was is left out."""
    for name, change in SINGLE.items():
        changed = {key: _changed(change, value) for key, value in single.items()}
        if _differs(changed, single):
            yield name, changed
    alike = {key: _repeated(value) for key, value in several.items()}
    if _differs(alike, several):
        yield "duplicates", alike
    rounded = {key: _changed(np.round, value) for key, value in several.items()}
    if _differs(rounded, several):
        yield "ties", rounded


def broken_sets(single: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Sets with one NaN, and with one infinity of each sign, in each float input."""
    for name, values in (("NaN", (np.nan,)), ("Inf", (np.inf, -np.inf))):
        changed = {key: _poisoned(value, values) for key, value in single.items()}
        if _differs(changed, single):
            yield name, changed


Change = Callable[[np.ndarray], np.ndarray]

SINGLE: dict[str, Change] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "negative": lambda value: -np.abs(value),
    "tiny": lambda value: value * TINY,
    "huge": lambda value: value * HUGE,
}


def _changed(change: Change, value: np.ndarray) -> np.ndarray:
    """Floats are changed, texts become empty or long, and indices stay what TensorFlow
    is known to accept."""
    if value.dtype.kind == "f":
        return np.asarray(change(value), value.dtype)
    if value.dtype == object and change in (np.zeros_like, np.ones_like):
        text = b"" if change is np.zeros_like else LONG_TEXT
        return np.full(value.shape, text, object)
    return value


def _repeated(value: np.ndarray) -> np.ndarray:
    """Every example is the first one."""
    if value.ndim == 0 or len(value) < 2:
        return value
    return np.repeat(value[:1], len(value), axis=0)


def _poisoned(value: np.ndarray, values: tuple[float, ...]) -> np.ndarray:
    if value.dtype.kind != "f" or value.size < len(values):
        return value
    other = value.copy()
    other.flat[: len(values)] = values
    return other


def _differs(changed: Arrays, arrays: Arrays) -> bool:
    return any(
        not np.array_equal(changed[key], value, equal_nan=value.dtype.kind in "fc")
        for key, value in arrays.items()
    )
