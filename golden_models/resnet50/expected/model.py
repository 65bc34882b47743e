"""PyTorch port of `resnet50` (saved model, signature `serving_default`).

image: float32 [N, 96, 96, 3]  ->  output_0: float32 [N, 1000]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """Residual bottleneck: 1x1, 3x3 and 1x1 convolutions around a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        hidden_channels = out_channels // 4
        self.project = in_channels != out_channels
        if self.project:
            self.conv0 = nn.Conv2d(in_channels, out_channels, 1, stride=stride)
            self.bn0 = nn.BatchNorm2d(out_channels, eps=1.001e-5, momentum=0.01)
        self.conv1 = nn.Conv2d(in_channels, hidden_channels, 1, stride=stride)
        self.bn1 = nn.BatchNorm2d(hidden_channels, eps=1.001e-5, momentum=0.01)
        self.conv2 = nn.Conv2d(hidden_channels, hidden_channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(hidden_channels, eps=1.001e-5, momentum=0.01)
        self.conv3 = nn.Conv2d(hidden_channels, out_channels, 1)
        self.bn3 = nn.BatchNorm2d(out_channels, eps=1.001e-5, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.project:
            shortcut = self.bn0(self.conv0(x))
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = shortcut + self.bn3(self.conv3(x))
        return F.relu(x)


class ResNet50(nn.Module):
    def __init__(self, num_classes: int = 1000):
        super().__init__()
        self.conv1_conv = nn.Conv2d(3, 64, 7, stride=2, padding=3)
        self.conv1_bn = nn.BatchNorm2d(64, eps=1.001e-5, momentum=0.01)
        self.pad = nn.ZeroPad2d(1)
        stages = (
            # out_channels, stride, depth
            (256, 1, 3),
            (512, 2, 4),
            (1024, 2, 6),
            (2048, 2, 3),
        )
        self.blocks = nn.Sequential()
        in_channels = 64
        for out_channels, stride, depth in stages:
            for i in range(depth):
                block = Bottleneck(
                    in_channels, out_channels, stride=stride if i == 0 else 1
                )
                self.blocks.append(block)
                in_channels = out_channels
        self.predictions = nn.Linear(2048, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.conv1_bn(self.conv1_conv(image.permute(0, 3, 1, 2))))
        x = F.max_pool2d(self.pad(x), 3, stride=2)
        x = self.predictions(self.blocks(x).mean((2, 3)))
        return x.softmax(-1)
