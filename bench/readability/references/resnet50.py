"""ResNet50 v1 with biased convolutions.

image: float32 [batch, height, width, 3]  ->  scores: float32 [batch, classes]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride=stride)
        self.bn1 = nn.BatchNorm2d(channels, eps=1.001e-5, momentum=0.01)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(channels, eps=1.001e-5, momentum=0.01)
        self.conv3 = nn.Conv2d(channels, out_channels, 1)
        self.bn3 = nn.BatchNorm2d(out_channels, eps=1.001e-5, momentum=0.01)
        self.downsample = None
        if in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride),
                nn.BatchNorm2d(out_channels, eps=1.001e-5, momentum=0.01),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return F.relu(x + shortcut)


class ResNet(nn.Module):
    def __init__(self, depths: tuple[int, ...] = (3, 4, 6, 3), classes: int = 1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(64, eps=1.001e-5, momentum=0.01)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = nn.Sequential()
        in_channels = 64
        for i, depth in enumerate(depths):
            channels = 64 * 2**i
            for j in range(depth):
                stride = 2 if i > 0 and j == 0 else 1
                self.stages.append(Bottleneck(in_channels, channels, stride))
                in_channels = channels * Bottleneck.expansion
        self.fc = nn.Linear(in_channels, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2)
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.stages(x).mean((2, 3))
        return self.fc(x).softmax(-1)
