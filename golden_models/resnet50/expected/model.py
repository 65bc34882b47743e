"""PyTorch port of `resnet50` (saved model, signature `serving_default`).

image: float32 [batch, 96, 96, 3]  ->  output_0: float32 [batch, 1000]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class ConvBlock(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, hidden_channels: int, stride: int = 1
    ):
        super().__init__()
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


class Resnet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1_conv = nn.Conv2d(3, 64, 7, stride=2, padding=3)
        self.conv1_bn = nn.BatchNorm2d(64, eps=1.001e-5, momentum=0.01)
        self.blocks = nn.Sequential(
            ConvBlock(64, 256, hidden_channels=64),
            *(ConvBlock(256, 256, hidden_channels=64) for _ in range(2)),
            ConvBlock(256, 512, hidden_channels=128, stride=2),
            *(ConvBlock(512, 512, hidden_channels=128) for _ in range(3)),
            ConvBlock(512, 1024, hidden_channels=256, stride=2),
            *(ConvBlock(1024, 1024, hidden_channels=256) for _ in range(5)),
            ConvBlock(1024, 2048, hidden_channels=512, stride=2),
            *(ConvBlock(2048, 2048, hidden_channels=512) for _ in range(2)),
        )
        self.predictions = nn.Linear(2048, 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.conv1_bn(self.conv1_conv(image.permute(0, 3, 1, 2))))
        x = self.blocks(F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=2))
        return self.predictions(x.mean((2, 3))).softmax(-1)
