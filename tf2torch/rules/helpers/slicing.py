"""A slice replaced without changing the tensor in place."""

from torch import Tensor


def with_slice(x: Tensor, index: tuple[object, ...], value: Tensor) -> Tensor:
    """A copy of ``x`` in which ``x[index]`` is ``value``."""
    x = x.clone()
    x[index] = value
    return x
