"""PyTorch port of the SavedModel `cnn`."""

import torch.nn.functional as F
from torch import Tensor, nn


class ConvBlock(nn.Sequential):
    """Conv → BatchNorm → ReLU, halving the resolution."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__(
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(in_channels, out_channels, 3, stride=2, bias=False),
            nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01),
            nn.ReLU(),
        )


class Head(nn.Module):
    """Three dense layers."""

    def __init__(self, features: int, hidden: int, classes: int):
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.first(x))
        x = self.second(x).tanh()
        return self.out(x).softmax(-1)


class Cnn(nn.Module):
    def __init__(self, widths: tuple[int, ...] = (6, 6), hidden: int = 24):
        super().__init__()
        channels = (3, *widths)
        self.blocks = nn.Sequential(*map(ConvBlock, channels, channels[1:]))
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(0.5)
        self.head = Head(4 * widths[-1], hidden, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2)
        x = self.pool(self.blocks(x))
        x = x.permute(0, 2, 3, 1).flatten(1)
        x = self.dropout(x)
        return self.head(x)
