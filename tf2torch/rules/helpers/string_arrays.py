"""Indexing and selecting in string tensors (numpy object arrays of bytes)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def take_strings(strings: np.ndarray, indices: Tensor, axis: int = 0) -> np.ndarray:
    """The slices at ``indices`` along ``axis``."""
    taken = np.take(strings, indices.cpu().numpy(), axis)
    return np.asarray(taken, dtype=object)


def take_strings_nd(strings: np.ndarray, indices: Tensor) -> np.ndarray:
    """The elements or slices that the rows of ``indices`` point at."""
    index = tuple(np.moveaxis(indices.cpu().numpy(), -1, 0))
    return np.asarray(strings[index], dtype=object)


def put_strings_nd(
    strings: np.ndarray, indices: Tensor, updates: np.ndarray
) -> np.ndarray:
    """A copy with ``updates`` where the rows of ``indices`` point."""
    done = np.array(strings, dtype=object)
    done[tuple(np.moveaxis(indices.cpu().numpy(), -1, 0))] = updates
    return done


def empty_strings(shape: Sequence[int]) -> np.ndarray:
    """An array of empty strings."""
    return np.full(tuple(int(size) for size in shape), b"", dtype=object)


def where_strings(condition: Tensor, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``x`` where the condition holds, else ``y``."""
    chosen = condition.cpu().numpy()
    return np.where(chosen, np.asarray(x, dtype=object), np.asarray(y, dtype=object))


def unique_strings(strings: np.ndarray) -> tuple[np.ndarray, Tensor, Tensor]:
    """Distinct strings in order of appearance, the place of each, their counts."""
    places: dict[bytes, int] = {}
    at = [places.setdefault(s, len(places)) for s in strings]
    distinct = np.fromiter(places, object, len(places))
    index = torch.tensor(at, dtype=torch.int64)
    return distinct, index, torch.bincount(index, minlength=len(places))


def stitch_strings(
    indices: Sequence[Tensor], parts: Sequence[np.ndarray]
) -> np.ndarray:
    """``out[indices[k][i]] = parts[k][i]``; later parts win."""
    size = 1 + max((int(i.max()) for i in indices if i.numel()), default=-1)
    rank = indices[0].ndim
    done = np.full((size, *np.shape(parts[0])[rank:]), b"", dtype=object)
    for index, part in zip(indices, parts, strict=True):
        done[index.cpu().numpy()] = part
    return done


def partition_strings(
    strings: np.ndarray, labels: Tensor, count: int
) -> list[np.ndarray]:
    """The slices of each label, 0 to ``count`` - 1."""
    index = labels.cpu().numpy()
    return [strings[index == label] for label in range(count)]
