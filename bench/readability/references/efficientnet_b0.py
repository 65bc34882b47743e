"""EfficientNetB0 as TensorFlow pads it.

image: float32 [batch, height, width, 3]  ->  scores: float32 [batch, classes]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DropPath(nn.Module):
    """Drops a branch for whole samples while training."""

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        keep = torch.rand(x.shape[0], 1, 1, 1, device=x.device) >= self.p
        return x * keep / (1.0 - self.p)


class SqueezeExcite(nn.Module):
    """Scales each channel by a gate that sees the whole image."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.expand = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = F.silu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(gate))


def same_padding(kernel_size: int, stride: int) -> tuple[int, int, int, int]:
    """TensorFlow's SAME on even sizes: with stride 2 the odd cell goes last."""
    before = (kernel_size - stride) // 2
    after = kernel_size - stride - before
    return (before, after, before, after)


class MBConv(nn.Module):
    """Inverted residual with squeeze-and-excitation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expansion: int,
        drop_rate: float,
    ):
        super().__init__()
        hidden = in_channels * expansion
        self.expand = expansion != 1
        self.residual = stride == 1 and in_channels == out_channels
        if self.expand:
            self.expand_conv = nn.Conv2d(in_channels, hidden, 1, bias=False)
            self.expand_bn = nn.BatchNorm2d(hidden, eps=1e-3, momentum=0.01)
        self.pad = nn.ZeroPad2d(same_padding(kernel_size, stride))
        self.dwconv = nn.Conv2d(
            hidden, hidden, kernel_size, stride=stride, groups=hidden, bias=False
        )
        self.bn = nn.BatchNorm2d(hidden, eps=1e-3, momentum=0.01)
        self.se = SqueezeExcite(hidden, in_channels // 4)
        self.project_conv = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.project_bn = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
        self.drop = DropPath(drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.expand:
            x = F.silu(self.expand_bn(self.expand_conv(x)))
        x = F.silu(self.bn(self.dwconv(self.pad(x))))
        x = self.project_bn(self.project_conv(self.se(x)))
        return shortcut + self.drop(x) if self.residual else x


class EfficientNet(nn.Module):
    # channels, kernel size, stride, expansion, depth
    stages = (
        (16, 3, 1, 1, 1),
        (24, 3, 2, 6, 2),
        (40, 5, 2, 6, 2),
        (80, 3, 2, 6, 3),
        (112, 5, 1, 6, 3),
        (192, 5, 2, 6, 4),
        (320, 3, 1, 6, 1),
    )

    def __init__(self, classes: int = 1000, drop_rate: float = 0.2):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.stem_conv = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.stem_bn = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        self.blocks = nn.Sequential()
        in_channels, total = 32, sum(stage[-1] for stage in self.stages)
        for channels, kernel_size, stride, expansion, depth in self.stages:
            for i in range(depth):
                drop = drop_rate * len(self.blocks) / total
                first = stride if i == 0 else 1
                self.blocks.append(
                    MBConv(in_channels, channels, kernel_size, first, expansion, drop)
                )
                in_channels = channels
        self.top_conv = nn.Conv2d(in_channels, 1280, 1, bias=False)
        self.top_bn = nn.BatchNorm2d(1280, eps=1e-3, momentum=0.01)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(1280, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2) / 255
        x = F.silu(self.stem_bn(self.stem_conv(self.pad(x))))
        x = self.blocks(x)
        x = F.silu(self.top_bn(self.top_conv(x))).mean((2, 3))
        return self.fc(self.dropout(x)).softmax(-1)
