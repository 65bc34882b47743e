"""Tensors as text, the way tf.print and tf.strings.format write them."""

import math
from collections.abc import Sequence

import numpy as np
from torch import Tensor


def format_tensors(
    template: str, values: Sequence[Tensor | np.ndarray], holder: str, ends: int
) -> np.ndarray:
    """``template`` with every ``holder`` replaced by the next value.

    Of an axis longer than twice ``ends`` only so many elements at each end are shown.
    """
    first, *rest = template.split(holder)
    shown = zip(values, rest, strict=True)
    text = first + "".join(describe_tensor(v, ends) + after for v, after in shown)
    return np.array(text.encode("utf-8", "surrogateescape"), dtype=object)


def describe_tensor(value: Tensor | np.ndarray, ends: int) -> str:
    """Nested brackets, with rows on lines of their own."""
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        value = value.numpy() if value.dtype.itemsize != 2 else value.float().numpy()
    return _axis(np.asarray(value), ends, 0)


def _axis(array: np.ndarray, ends: int, depth: int) -> str:
    if array.ndim == 0:
        return _element(array[()])
    size = len(array)
    shown = list(range(size))
    if 0 <= 2 * ends < size:
        shown = [*range(ends), *range(size - ends, size)]
    parts = [_axis(np.asarray(array[i]), ends, depth + 1) for i in shown]
    inner = array.ndim - 1
    between = "\n" * inner + " " * (depth + 1) if inner else " "
    if size and not array.size:
        return f"[{between}...]"
    if len(shown) < size:
        parts.insert(ends, "...")
    return f"[{between.join(parts)}]"


def _element(value: object) -> str:
    if isinstance(value, bytes):
        return f'"{_escaped(value)}"'
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, np.complexfloating):
        return "?"
    if isinstance(value, np.floating):
        short, long = (6, 9) if value.dtype == np.float32 else (15, 17)
        if not math.isfinite(value):
            return str(float(value))
        text = f"{float(value):.{short}g}"
        return text if type(value)(text) == value else f"{float(value):.{long}g}"
    return str(value)


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def _escaped(string: bytes) -> str:
    text = string.decode("utf-8", "surrogateescape")
    return "".join(
        _ESCAPES.get(c) or (c if " " <= c != "\x7f" else f"\\{ord(c):03o}")
        for c in text
    )
