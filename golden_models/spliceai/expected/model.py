"""PyTorch port of `model_1` (keras).

input_1: float32 [batch, input_1_1, 4]  ->  conv1d_39: float32 [s101, s103, 3]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualUnit(nn.Module):
    """BatchNorm → ReLU → Conv → BatchNorm → ReLU → Conv, added to the input."""

    def __init__(self, kernel_size: int, padding: int, dilation: int = 1):
        super().__init__()
        self.bn1 = nn.BatchNorm1d(32, eps=1e-3, momentum=0.01)
        self.conv1 = nn.Conv1d(32, 32, kernel_size, padding=padding, dilation=dilation)
        self.bn2 = nn.BatchNorm1d(32, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv1d(32, 32, kernel_size, padding=padding, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        x = self.conv1(F.relu(self.bn1(x)))
        x = self.conv2(F.relu(self.bn2(x)))
        return shortcut + x


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(32, 32, 1)
        self.units1 = nn.Sequential(*(ResidualUnit(11, 5) for _ in range(4)))
        self.conv2 = nn.Conv1d(32, 32, 1)
        self.units2 = nn.Sequential(
            *(ResidualUnit(11, 20, dilation=4) for _ in range(4))
        )
        self.conv3 = nn.Conv1d(32, 32, 1)
        self.units3 = nn.Sequential(
            *(ResidualUnit(21, 100, dilation=10) for _ in range(4))
        )
        self.conv4 = nn.Conv1d(32, 32, 1)
        self.units4 = nn.Sequential(
            *(ResidualUnit(41, 500, dilation=25) for _ in range(4))
        )
        self.conv5 = nn.Conv1d(32, 32, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.units1(x)
        shortcut = self.conv1(x) + self.conv2(y)
        x = self.units2(y)
        y = self.units3(x)
        x = shortcut + self.conv3(x) + self.conv4(y)
        return x + self.conv5(self.units4(y))


class Model1(nn.Module):
    def __init__(self, start: int = 5000, stop: int = -5000):
        super().__init__()
        self.start = start
        self.stop = stop
        self.conv1 = nn.Conv1d(4, 32, 1)
        self.residual_1 = Residual()
        self.conv2 = nn.Conv1d(32, 3, 1)

    def forward(self, input_1: Tensor) -> Tensor:
        x = self.residual_1(self.conv1(input_1.transpose(1, 2)))
        x = x.transpose(1, 2)[:, self.start : self.stop].transpose(1, 2)
        return self.conv2(x).softmax(1).transpose(1, 2)
