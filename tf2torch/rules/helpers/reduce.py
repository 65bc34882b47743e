"""Reductions over axes that only the run knows, and places of extremes."""

from collections.abc import Callable

import torch
from torch import Tensor


def reduced_dims(x: Tensor, axes: Tensor) -> list[int]:
    """``axes``, of which negative ones count from the last, as TensorFlow has them."""
    rank = x.ndim
    return sorted({int(axis) % rank for axis in axes.flatten()})


def reduce_over(
    reduce: Callable[..., Tensor], x: Tensor, axes: Tensor, keepdim: bool = False
) -> Tensor:
    """``reduce`` over ``axes`` in ``x``'s dtype; over none of them ``x`` as it is."""
    dims = reduced_dims(x, axes)
    return reduce(x, dims, keepdim).to(x.dtype) if dims else x


def prod_over(x: Tensor, axes: Tensor, keepdim: bool = False) -> Tensor:
    """The product over ``axes``, one after the other."""
    for dim in reversed(reduced_dims(x, axes)):
        x = torch.prod(x, dim, keepdim, dtype=x.dtype)
    return x


def argmax(x: Tensor, dim: int) -> Tensor:
    """Where the greatest stands, of equals the first; NaN is passed over."""
    return torch.where(x.isnan(), -torch.inf, x).argmax(dim)


def argmin(x: Tensor, dim: int) -> Tensor:
    """Where the least stands, of equals the first; NaN is passed over."""
    return torch.where(x.isnan(), torch.inf, x).argmin(dim)
