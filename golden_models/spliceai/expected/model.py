"""PyTorch port of `spliceai1` (keras).

input_1: float32 [N, T, 4]  ->  conv1d_39: float32 [N, L, 3]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualUnit(nn.Module):
    """Residual block of two convolutions."""

    def __init__(
        self, channels: int, kernel_size: int, padding: int, dilation: int = 1
    ):
        super().__init__()
        self.bn1 = nn.BatchNorm1d(channels, eps=1e-3, momentum=0.01)
        self.conv1 = nn.Conv1d(
            channels, channels, kernel_size, padding=padding, dilation=dilation
        )
        self.bn2 = nn.BatchNorm1d(channels, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv1d(
            channels, channels, kernel_size, padding=padding, dilation=dilation
        )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        x = self.conv1(F.relu(self.bn1(x)))
        x = self.conv2(F.relu(self.bn2(x)))
        return shortcut + x


class Spliceai1(nn.Module):
    def __init__(
        self,
        channels: int = 32,
        depth: int = 4,
        start: int = 5000,
        stop: int = -5000,
        num_classes: int = 3,
    ):
        super().__init__()
        self.start = start
        self.stop = stop
        self.conv1 = nn.Conv1d(4, channels, 1)
        self.conv2 = nn.Conv1d(channels, channels, 1)
        self.units1 = nn.Sequential(
            *(ResidualUnit(channels, 11, padding=5) for _ in range(depth))
        )
        self.conv3 = nn.Conv1d(channels, channels, 1)
        self.units2 = nn.Sequential(
            *(ResidualUnit(channels, 11, padding=20, dilation=4) for _ in range(depth))
        )
        self.conv4 = nn.Conv1d(channels, channels, 1)
        self.units3 = nn.Sequential(
            *(
                ResidualUnit(channels, 21, padding=100, dilation=10)
                for _ in range(depth)
            )
        )
        self.conv5 = nn.Conv1d(channels, channels, 1)
        self.units4 = nn.Sequential(
            *(
                ResidualUnit(channels, 41, padding=500, dilation=25)
                for _ in range(depth)
            )
        )
        self.conv6 = nn.Conv1d(channels, channels, 1)
        self.conv7 = nn.Conv1d(channels, num_classes, 1)

    def forward(self, input_1: Tensor) -> Tensor:
        x = self.conv1(input_1.transpose(1, 2))
        y = self.units1(x)
        shortcut = self.conv2(x) + self.conv3(y)
        x = self.units2(y)
        y = self.units3(x)
        x = shortcut + self.conv4(x) + self.conv5(y)
        x = x + self.conv6(self.units4(y))
        x = x.transpose(1, 2)[:, self.start : self.stop].transpose(1, 2)
        return self.conv7(x).softmax(1).transpose(1, 2)
