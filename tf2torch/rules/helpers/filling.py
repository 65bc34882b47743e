"""Ranges whose ends are tensors."""

import torch
from torch import Tensor


def linspace(start: Tensor, stop: Tensor, num: int) -> Tensor:
    """``num`` evenly spaced values; differentiable in both ends."""
    start, stop = torch.as_tensor(start), torch.as_tensor(stop)
    count = int(num)
    steps = torch.arange(count, dtype=start.dtype, device=start.device)
    return start + (stop - start) / max(count - 1, 1) * steps
