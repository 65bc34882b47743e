"""PyTorch port of `frozen` (graph def).

image: float32 [batch, 24, 24, 3]
phase_train: bool []
->
embeddings: float32 [batch, 12]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvA(nn.Module):
    """Conv → ReLU → max pooling."""

    def __init__(self, size: int = 8):
        super().__init__()
        self.size = size
        self.conv = nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.register_buffer("moving_mean", torch.empty(8))
        self.register_buffer("moving_variance", torch.empty(8))
        self.gamma = nn.Parameter(torch.empty(8))
        self.beta = nn.Parameter(torch.empty(8))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        y = self.conv(F.pad(y, (0, 1, 0, 1)))
        pooled = y.mean((0, 2, 3), keepdim=True)
        z = torch.square(y - pooled.detach()).mean((0, 2, 3), keepdim=True)
        z = z.permute(0, 2, 3, 1).squeeze((0, 1, 2))
        other = pooled.permute(0, 2, 3, 1).squeeze((0, 1, 2))
        if x:
            x, z = z, other
        else:
            x = torch.exp(self.moving_variance)
            z = self.moving_mean
        x = torch.rsqrt(x + 0.001) * (1.0 + self.gamma)
        z = (self.beta - z * x).reshape(self.size, 1, 1)
        x = F.relu(y * x.reshape(self.size, 1, 1) + z)
        return F.max_pool2d(x, 3, stride=1, padding=1)


class ConvB(nn.Module):
    """Conv → ReLU → max pooling."""

    def __init__(self, size: int = 16):
        super().__init__()
        self.size = size
        self.conv = nn.Conv2d(8, 16, 3, stride=2, bias=False)
        self.register_buffer("moving_mean", torch.empty(16))
        self.register_buffer("moving_variance", torch.empty(16))
        self.gamma = nn.Parameter(torch.empty(16))
        self.beta = nn.Parameter(torch.empty(16))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        x = self.conv(F.pad(x, (0, 1, 0, 1)))
        pooled = x.mean((0, 2, 3), keepdim=True)
        z = torch.square(x - pooled.detach()).mean((0, 2, 3), keepdim=True)
        z = z.permute(0, 2, 3, 1).squeeze((0, 1, 2))
        other = pooled.permute(0, 2, 3, 1).squeeze((0, 1, 2))
        if y:
            y, z = z, other
        else:
            y = torch.exp(self.moving_variance)
            z = self.moving_mean
        y = torch.rsqrt(y + 0.001) * (1.0 + self.gamma)
        z = (self.beta - z * y).reshape(self.size, 1, 1)
        x = F.relu(x * y.reshape(self.size, 1, 1) + z)
        return F.max_pool2d(x, 3, stride=1, padding=1)


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = ConvA()
        self.conv2 = ConvB()
        self.bottleneck = nn.Linear(576, 12)

    def forward(self, image: Tensor, phase_train: Tensor) -> Tensor:
        x = self.conv2(self.conv1(phase_train, image.permute(0, 3, 1, 2)), phase_train)
        x = self.bottleneck(x.permute(0, 2, 3, 1).flatten(1))
        return F.normalize(x, dim=-1, eps=1e-05)
