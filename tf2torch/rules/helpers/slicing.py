"""Slices replaced without changing the tensor in place, and where slices end."""

from typing import Any

from torch import Tensor


def with_slice(x: Tensor, index: tuple[Any, ...], value: Tensor) -> Tensor:
    """A copy of ``x`` in which ``x[index]`` is ``value``."""
    x = x.clone()
    x[index] = value
    return x


def slice_end(start: int, size: int) -> int | None:
    """Where a slice of ``size`` ends; one of size -1 takes all that is left."""
    return None if size == -1 else start + size


def part(x: Tensor, begin: Tensor, size: Tensor) -> Tensor:
    """The part of ``x`` from ``begin``, of ``size``; -1 is all that is left."""
    pairs = zip(begin.tolist(), size.tolist(), strict=True)
    return x[tuple(slice(start, slice_end(start, count)) for start, count in pairs)]
