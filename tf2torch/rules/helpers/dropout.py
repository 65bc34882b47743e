"""Dropout layers of Keras that torch has no module for."""

import torch
from torch import Tensor, nn


class StochasticDepth(nn.Module):
    """Drops whole samples of a batch with probability p, and scales the others up."""

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        shape = (x.shape[0], *[1] * (x.dim() - 1))
        keep = x.new_full(shape, 1.0 - self.p).bernoulli()
        return x * keep / (1.0 - self.p)


class GaussianDropout(nn.Module):
    """Multiplies by noise around 1 whose variance is p / (1 - p)."""

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        return x * (1.0 + torch.randn_like(x) * (self.p / (1.0 - self.p)) ** 0.5)
