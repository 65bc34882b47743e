"""Running sums as TensorFlow defines them."""

import torch
from torch import Tensor


def shift(x: Tensor, dim: int, first: float) -> Tensor:
    """``x`` one place further along ``dim``: ``first`` in front, the last one gone."""
    front = torch.full_like(x.narrow(dim, 0, min(1, x.shape[dim])), first)
    return torch.cat((front, x.narrow(dim, 0, max(0, x.shape[dim] - 1))), dim)
