"""PyTorch port of `mobilenetv2_1.00_96` (keras).

image: float32 [N, 96, 96, 3]  ->  predictions: float32 [N, 1000]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class InvertedResidual(nn.Module):
    """Inverted residual: expand, filter each channel, project."""

    def __init__(
        self, in_channels: int, out_channels: int, expansion: int, stride: int = 1
    ):
        super().__init__()
        hidden_channels = in_channels * expansion
        padding = 1 if stride == 1 else (0, 1, 0, 1)
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


class MobileNetV2(nn.Module):
    def __init__(self, num_classes: int = 1000):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.bn_conv1 = nn.BatchNorm2d(32, eps=1e-3, momentum=1e-3)
        stages = (
            # out_channels, expansion, stride, depth
            (16, 1, 1, 1),
            (24, 6, 2, 2),
            (32, 6, 2, 3),
            (64, 6, 2, 4),
            (96, 6, 1, 3),
            (160, 6, 2, 3),
            (320, 6, 1, 1),
        )
        self.blocks = nn.Sequential()
        in_channels = 32
        for out_channels, expansion, stride, depth in stages:
            for i in range(depth):
                block = InvertedResidual(
                    in_channels, out_channels, expansion, stride=stride if i == 0 else 1
                )
                self.blocks.append(block)
                in_channels = out_channels
        self.conv2 = nn.Conv2d(320, 1280, 1, bias=False)
        self.conv_1_bn = nn.BatchNorm2d(1280, eps=1e-3, momentum=1e-3)
        self.predictions = nn.Linear(1280, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.bn_conv1(self.conv1(self.pad(image.permute(0, 3, 1, 2))))
        x = self.conv2(self.blocks(F.relu6(x)))
        x = self.predictions(F.relu6(self.conv_1_bn(x)).mean((2, 3)))
        return x.softmax(-1)
