"""From the value of a TF variable to the entries of a ``state_dict``.

All transforms only move or select elements, so they map gradients as they map values,
and applied to the element numbers of a variable they tell which elements an entry
holds.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tf2torch.verify.provenance import Entry, Step


class BadTransform(Exception):
    """A transform that does not fit the variable's shape, or is unknown."""


def apply(steps: Iterable[Step], value: np.ndarray) -> np.ndarray:
    for step in steps:
        try:
            value = _apply(step, value)
        except (ValueError, IndexError, TypeError) as error:
            raise BadTransform(
                f"{step.kind}{list(step.args)} does not fit {value.shape}: {error}"
            ) from None
    return value


def _apply(step: Step, value: np.ndarray) -> np.ndarray:
    match step.kind, step.args:
        case "permute", axes:
            return value.transpose(axes)
        case "reshape", sizes:
            return value.reshape(sizes)
        case "flip", axes:
            return np.flip(value, axes)
        case "index", (row,):
            return np.asarray(value[row])
        case "slice", (axis, start, stop):
            part = [slice(None)] * value.ndim
            part[axis] = slice(start, stop)
            return value[tuple(part)]
        case "blocks", (axis, *order):
            blocks = np.split(value, len(order), axis)
            return np.concatenate([blocks[i] for i in order], axis)
    raise ValueError("an unknown transform")


def coverage(entries: Iterable[Entry], shape: tuple[int, ...]) -> np.ndarray:
    """How many of ``entries`` hold each element of a variable of that shape."""
    numbers = np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)
    count = np.zeros(numbers.size, np.int64)
    for entry in entries:
        held = apply(entry.steps, numbers).ravel()
        count += np.bincount(held, minlength=numbers.size)
    return count.reshape(shape)
