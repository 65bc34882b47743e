"""MobileNetV2 as TensorFlow pads it.

image: float32 [batch, height, width, 3]  ->  scores: float32 [batch, classes]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; with a shortcut where sizes allow it."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, expansion: int
    ):
        super().__init__()
        hidden = in_channels * expansion
        self.expand = expansion != 1
        self.residual = stride == 1 and in_channels == out_channels
        if self.expand:
            self.expand_conv = nn.Conv2d(in_channels, hidden, 1, bias=False)
            self.expand_bn = nn.BatchNorm2d(hidden, eps=1e-3, momentum=0.001)
        self.pad = nn.ZeroPad2d((0, 1, 0, 1) if stride == 2 else 1)
        self.depthwise = nn.Conv2d(
            hidden, hidden, 3, stride=stride, groups=hidden, bias=False
        )
        self.depthwise_bn = nn.BatchNorm2d(hidden, eps=1e-3, momentum=0.001)
        self.project = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.project_bn = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.001)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.expand:
            x = F.relu6(self.expand_bn(self.expand_conv(x)))
        x = F.relu6(self.depthwise_bn(self.depthwise(self.pad(x))))
        x = self.project_bn(self.project(x))
        return shortcut + x if self.residual else x


class MobileNetV2(nn.Module):
    # expansion, channels, depth, stride of the first block
    stages = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(self, classes: int = 1000):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32, eps=1e-3, momentum=0.001)
        self.blocks = nn.Sequential()
        in_channels = 32
        for expansion, channels, depth, stride in self.stages:
            for i in range(depth):
                self.blocks.append(
                    InvertedResidual(
                        in_channels, channels, stride if i == 0 else 1, expansion
                    )
                )
                in_channels = channels
        self.conv2 = nn.Conv2d(in_channels, 1280, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(1280, eps=1e-3, momentum=0.001)
        self.fc = nn.Linear(1280, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.pad(image.permute(0, 3, 1, 2))
        x = F.relu6(self.bn1(self.conv1(x)))
        x = self.blocks(x)
        x = F.relu6(self.bn2(self.conv2(x))).mean((2, 3))
        return self.fc(x).softmax(-1)
