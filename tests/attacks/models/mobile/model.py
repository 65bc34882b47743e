"""PyTorch port of the SavedModel `mobile`."""

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Depthwise, dilated, then pointwise."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.depth = nn.Conv2d(
            channels, channels, 3, padding=2, dilation=2, groups=channels
        )
        self.point = nn.Conv2d(channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.point(F.relu6(self.depth(x)))


class Excite(nn.Module):
    """Channels weighed by what their means say."""

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.down = nn.Linear(channels, hidden, bias=False)
        self.up = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.up(F.relu(self.down(x.mean((2, 3)))))
        return x * gate.sigmoid()[:, :, None, None]


class Mobile(nn.Module):
    def __init__(self, width: int = 6, features: int = 8, classes: int = 5):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
        self.block = Block(width, features)
        self.excite = Excite(features, 4)
        self.pool = nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)
        self.head = nn.Linear(features, classes, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        x = F.hardswish(self.stem(image.permute(0, 3, 1, 2)))
        x = self.excite(self.block(x))
        return self.head(self.pool(x).amax((2, 3)))
