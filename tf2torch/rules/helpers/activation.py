"""Activations whose gradient in torch differs from TensorFlow's at a corner."""

import torch
from torch import Tensor

SELU_SCALE = 1.0507009873554805


def selu(x: Tensor) -> Tensor:
    """SELU whose slope at 0 is that of the positive side; torch takes the other."""
    return torch.where(x < 0, torch.selu(x), SELU_SCALE * x)
