"""PyTorch port of `efficientnetb0` (keras).

image: float32 [N, 96, 96, 3]  ->  predictions: float32 [N, 1000]
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


class MBConv(nn.Module):
    """Inverted residual with squeeze-and-excite."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        expansion: int,
        stride: int = 1,
        drop_rate: float = 0.0,
    ):
        super().__init__()
        hidden_channels = in_channels * expansion
        padding = ((kernel_size - stride) // 2, (kernel_size - stride + 1) // 2) * 2
        se_reduce_channels = in_channels // 4
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


class EfficientNetB0(nn.Module):
    def __init__(self, num_classes: int = 1000, dropout: float = 0.2):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.stem_conv = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.stem_bn = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        stages = (
            # out_channels, kernel_size, expansion, stride, depth
            (16, 3, 1, 1, 1),
            (24, 3, 6, 2, 2),
            (40, 5, 6, 2, 2),
            (80, 3, 6, 2, 3),
            (112, 5, 6, 1, 3),
            (192, 5, 6, 2, 4),
            (320, 3, 6, 1, 1),
        )
        self.blocks = nn.Sequential()
        in_channels = 32
        for out_channels, kernel_size, expansion, stride, depth in stages:
            for i in range(depth):
                block = MBConv(
                    in_channels,
                    out_channels,
                    kernel_size,
                    expansion,
                    stride=stride if i == 0 else 1,
                    drop_rate=0.2 * len(self.blocks) / 16,
                )
                self.blocks.append(block)
                in_channels = out_channels
        self.top_conv = nn.Conv2d(320, 1280, 1, bias=False)
        self.top_bn = nn.BatchNorm2d(1280, eps=1e-3, momentum=0.01)
        self.top_dropout = nn.Dropout(dropout)
        self.predictions = nn.Linear(1280, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem_conv(self.pad(image.permute(0, 3, 1, 2) * (1 / 255)))
        x = self.blocks(F.silu(self.stem_bn(x)))
        x = F.silu(self.top_bn(self.top_conv(x))).mean((2, 3))
        return self.predictions(self.top_dropout(x)).softmax(-1)
