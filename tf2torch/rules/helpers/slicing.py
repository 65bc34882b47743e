"""A slice replaced without changing the tensor in place."""

from typing import Any

from torch import Tensor


def with_slice(x: Tensor, index: tuple[Any, ...], value: Tensor) -> Tensor:
    """A copy of ``x`` in which ``x[index]`` is ``value``."""
    x = x.clone()
    x[index] = value
    return x
