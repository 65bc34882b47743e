"""PyTorch port of `frozen` (graph def).

image: float32 [N, 24, 24, 3], phase_train: bool []  ->  embeddings: float32 [N, 12]
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class InverseRoot(torch.autograd.Function):
    """1/√x; no gradient where none comes in, even if x is 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.rsqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch.where(grad == 0, 0, -0.5 * grad * y**3)


def rsqrt(x: Tensor) -> Tensor:
    """1/√x; no gradient where none comes in, even if x is 0."""
    return InverseRoot.apply(x)


class Conv(nn.Module):
    """Conv → ReLU → max pooling."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.out_channels = out_channels
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=2, bias=False)
        self.register_buffer("moving_mean", torch.empty(out_channels))
        self.register_buffer("moving_variance", torch.empty(out_channels))
        self.gamma = nn.Parameter(torch.empty(out_channels))
        self.beta = nn.Parameter(torch.empty(out_channels))

    def forward(self, x: Tensor, phase_train: Tensor) -> Tensor:
        x = self.conv(self.pad(x))
        pooled = x.mean((0, 2, 3), keepdim=True)
        y = torch.square(x - pooled.detach()).mean((0, 2, 3), keepdim=True)
        y = y.squeeze((0, 2, 3))
        z = pooled.squeeze((0, 2, 3))
        if not phase_train:
            y = torch.exp(self.moving_variance)
            z = self.moving_mean
        y = rsqrt(y + 1e-3) * (1.0 + self.gamma)
        z = (self.beta - z * y).reshape(self.out_channels, 1, 1)
        x = F.relu(x * y.reshape(self.out_channels, 1, 1) + z)
        return F.max_pool2d(x, 3, stride=1, padding=1)


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Conv(3, 8), Conv(8, 16)])
        self.bottleneck = nn.Linear(576, 12)

    def forward(self, image: Tensor, phase_train: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2)
        for layer in self.blocks:
            x = layer(x, phase_train)
        x = self.bottleneck(x.permute(0, 2, 3, 1).flatten(1))
        return F.normalize(x, dim=-1, eps=1e-5)
