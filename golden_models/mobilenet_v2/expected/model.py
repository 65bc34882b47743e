"""PyTorch port of `mobilenetv2_1.00_96` (keras).

image: float32 [batch, 96, 96, 3]  ->  predictions: float32 [batch, 1000]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        padding: int | tuple[int, ...],
        out_channels: int,
        stride: int = 1,
    ):
        super().__init__()
        self.use_expand = in_channels != hidden_channels
        self.residual = in_channels == out_channels
        if self.use_expand:
            self.expand = nn.Conv2d(in_channels, hidden_channels, 1, bias=False)
            self.expand_bn = nn.BatchNorm2d(hidden_channels, eps=1e-3, momentum=1e-3)
        self.pad = nn.ZeroPad2d(padding)
        self.depthwise = nn.Conv2d(
            hidden_channels,
            hidden_channels,
            3,
            stride=stride,
            groups=hidden_channels,
            bias=False,
        )
        self.depthwise_bn = nn.BatchNorm2d(hidden_channels, eps=1e-3, momentum=1e-3)
        self.project = nn.Conv2d(hidden_channels, out_channels, 1, bias=False)
        self.project_bn = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.use_expand:
            x = F.relu6(self.expand_bn(self.expand(x)))
        x = self.depthwise_bn(self.depthwise(self.pad(x)))
        x = self.project_bn(self.project(F.relu6(x)))
        if self.residual:
            x = shortcut + x
        return x


class Mobilenetv210096(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.bn_conv1 = nn.BatchNorm2d(32, eps=1e-3, momentum=1e-3)
        self.blocks = nn.Sequential(
            Block(32, 32, padding=1, out_channels=16),
            Block(16, 96, padding=(0, 1, 0, 1), out_channels=24, stride=2),
            Block(24, 144, padding=1, out_channels=24),
            Block(24, 144, padding=(0, 1, 0, 1), out_channels=32, stride=2),
            *(Block(32, 192, padding=1, out_channels=32) for _ in range(2)),
            Block(32, 192, padding=(0, 1, 0, 1), out_channels=64, stride=2),
            *(Block(64, 384, padding=1, out_channels=64) for _ in range(3)),
            Block(64, 384, padding=1, out_channels=96),
            *(Block(96, 576, padding=1, out_channels=96) for _ in range(2)),
            Block(96, 576, padding=(0, 1, 0, 1), out_channels=160, stride=2),
            *(Block(160, 960, padding=1, out_channels=160) for _ in range(2)),
            Block(160, 960, padding=1, out_channels=320),
        )
        self.conv2 = nn.Conv2d(320, 1280, 1, bias=False)
        self.conv_1_bn = nn.BatchNorm2d(1280, eps=1e-3, momentum=1e-3)
        self.predictions = nn.Linear(1280, 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = self.bn_conv1(self.conv1(F.pad(image.permute(0, 3, 1, 2), (0, 1, 0, 1))))
        x = self.conv2(self.blocks(F.relu6(x)))
        x = self.predictions(F.relu6(self.conv_1_bn(x)).mean((2, 3)))
        return x.softmax(-1)
