"""PyTorch port of `efficientnetb0` (keras).

image: float32 [batch, 96, 96, 3]  ->  predictions: float32 [batch, 1000]
"""

import torch
import torch.nn.functional as F
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


class Block(nn.Module):
    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        padding: int | tuple[int, ...],
        kernel_size: int,
        se_reduce_channels: int,
        out_channels: int,
        stride: int = 1,
        drop_rate: float = 0.0,
    ):
        super().__init__()
        self.expand = in_channels != hidden_channels
        self.residual = in_channels == out_channels
        if self.expand:
            self.expand_conv = nn.Conv2d(in_channels, hidden_channels, 1, bias=False)
            self.expand_bn = nn.BatchNorm2d(hidden_channels, eps=1e-3, momentum=0.01)
        self.pad = nn.ZeroPad2d(padding)
        self.dwconv = nn.Conv2d(
            hidden_channels,
            hidden_channels,
            kernel_size,
            stride=stride,
            groups=hidden_channels,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(hidden_channels, eps=1e-3, momentum=0.01)
        self.se_reduce = nn.Conv2d(hidden_channels, se_reduce_channels, 1)
        self.se_expand = nn.Conv2d(se_reduce_channels, hidden_channels, 1)
        self.project_conv = nn.Conv2d(hidden_channels, out_channels, 1, bias=False)
        self.project_bn = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
        if self.residual:
            self.drop = StochasticDepth(drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.expand:
            x = F.silu(self.expand_bn(self.expand_conv(x)))
        x = self.bn(self.dwconv(self.pad(x)))
        x = F.silu(x)
        y = F.silu(self.se_reduce(x.mean((2, 3), keepdim=True)))
        x = x * torch.sigmoid(self.se_expand(y))
        x = self.project_bn(self.project_conv(x))
        if self.residual:
            x = shortcut + self.drop(x)
        return x


class Efficientnetb0(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.stem_bn = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        blocks = (
            # in_channels, hidden_channels, padding, kernel_size, se_reduce_channels,
            # out_channels, stride, drop_rate
            (32, 32, 1, 3, 8, 16, 1, 0.0),
            (16, 96, (0, 1, 0, 1), 3, 4, 24, 2, 0.0),
            (24, 144, 1, 3, 6, 24, 1, 0.025),
            (24, 144, (1, 2, 1, 2), 5, 6, 40, 2, 0.0),
            (40, 240, 2, 5, 10, 40, 1, 0.05),
            (40, 240, (0, 1, 0, 1), 3, 10, 80, 2, 0.0),
            (80, 480, 1, 3, 20, 80, 1, 0.075),
            (80, 480, 1, 3, 20, 80, 1, 0.0875),
            (80, 480, 2, 5, 20, 112, 1, 0.0),
            (112, 672, 2, 5, 28, 112, 1, 0.1125),
            (112, 672, 2, 5, 28, 112, 1, 0.125),
            (112, 672, (1, 2, 1, 2), 5, 28, 192, 2, 0.0),
            (192, 1152, 2, 5, 48, 192, 1, 0.15),
            (192, 1152, 2, 5, 48, 192, 1, 0.1625),
            (192, 1152, 2, 5, 48, 192, 1, 0.175),
            (192, 1152, 1, 3, 48, 320, 1, 0.0),
        )
        self.blocks = nn.Sequential(*(Block(*config) for config in blocks))
        self.top_conv = nn.Conv2d(320, 1280, 1, bias=False)
        self.top_bn = nn.BatchNorm2d(1280, eps=1e-3, momentum=0.01)
        self.top_dropout = nn.Dropout(0.2)
        self.predictions = nn.Linear(1280, 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem_conv(F.pad(image.permute(0, 3, 1, 2) * (1 / 255), (0, 1, 0, 1)))
        x = self.blocks(F.silu(self.stem_bn(x)))
        x = F.silu(self.top_bn(self.top_conv(x))).mean((2, 3))
        return self.predictions(self.top_dropout(x)).softmax(-1)
