"""The clock."""

import time

import torch
from torch import Tensor


def timestamp() -> Tensor:
    """Seconds since 1970, float64."""
    return torch.tensor(time.time(), dtype=torch.float64)
