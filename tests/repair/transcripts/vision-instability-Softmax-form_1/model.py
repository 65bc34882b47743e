"""PyTorch port of `vision` (keras).

image: float32 [batch, 16, 16, 3]  ->  scores: float32 [batch, 5]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """2 convolutions with BatchNorm, ReLU6 and Linear."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.out_channels = out_channels
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001, momentum=0.01)
        self.down = nn.Linear(out_channels, 4)
        self.up = nn.Linear(4, out_channels)
        self.project = nn.Conv2d(in_channels, out_channels, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.bn(self.conv(F.pad(x, (0, 1, 0, 1))))
        y = F.relu6(normed)
        hidden = self.up(F.silu(self.down(y.mean((2, 3)))))
        z = torch.sigmoid(hidden).unflatten(0, (-1, 1, 1))
        y = y * z.reshape(z.shape[0], self.out_channels, 1, 1)
        return y + self.project(x)


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(3, 6), Block(6, 8))
        self.scores = nn.Linear(32, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = F.max_pool2d(self.blocks(image.permute(0, 3, 1, 2)), 2)
        x = torch.exp(self.scores(x.permute(0, 2, 3, 1).flatten(1)))
        return x / x.sum(-1, keepdim=True)
