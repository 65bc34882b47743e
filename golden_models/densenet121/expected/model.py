"""PyTorch port of `densenet121` (saved model, signature `serving_default`).

image: float32 [N, 96, 96, 3]  ->  predictions: float32 [N, 1000]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DenseLayer(nn.Module):
    """Concatenates its input with new features of it."""

    def __init__(self, channels: int):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(channels, eps=1.001e-5, momentum=0.01)
        self.conv1 = nn.Conv2d(channels, 128, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(128, eps=1.001e-5, momentum=0.01)
        self.conv2 = nn.Conv2d(128, 32, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        features = self.conv1(F.relu(self.bn0(x)))
        features = self.conv2(F.relu(self.bn1(features)))
        return torch.cat((x, features), dim=1)


class DenseNet121(nn.Module):
    def __init__(self, num_classes: int = 1000):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64, eps=1.001e-5, momentum=0.01)
        self.pad = nn.ZeroPad2d(1)
        self.blocks1 = nn.Sequential(
            *(DenseLayer(channels) for channels in range(64, 256, 32))
        )
        self.pool2_bn = nn.BatchNorm2d(256, eps=1.001e-5, momentum=0.01)
        self.pool2_conv = nn.Conv2d(256, 128, 1, bias=False)
        self.blocks2 = nn.Sequential(
            *(DenseLayer(channels) for channels in range(128, 512, 32))
        )
        self.pool3_bn = nn.BatchNorm2d(512, eps=1.001e-5, momentum=0.01)
        self.pool3_conv = nn.Conv2d(512, 256, 1, bias=False)
        self.blocks3 = nn.Sequential(
            *(DenseLayer(channels) for channels in range(256, 1024, 32))
        )
        self.pool4_bn = nn.BatchNorm2d(1024, eps=1.001e-5, momentum=0.01)
        self.pool4_conv = nn.Conv2d(1024, 512, 1, bias=False)
        self.blocks4 = nn.Sequential(
            *(DenseLayer(channels) for channels in range(512, 1024, 32))
        )
        self.bn2 = nn.BatchNorm2d(1024, eps=1.001e-5, momentum=0.01)
        self.predictions = nn.Linear(1024, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv(image.permute(0, 3, 1, 2))))
        x = F.max_pool2d(self.pad(x), 3, stride=2)
        x = F.relu(self.pool2_bn(self.blocks1(x)))
        x = self.blocks2(F.avg_pool2d(self.pool2_conv(x), 2))
        x = self.pool3_conv(F.relu(self.pool3_bn(x)))
        x = self.pool4_bn(self.blocks3(F.avg_pool2d(x, 2)))
        x = F.avg_pool2d(self.pool4_conv(F.relu(x)), 2)
        x = F.relu(self.bn2(self.blocks4(x))).mean((2, 3))
        return self.predictions(x).softmax(-1)
