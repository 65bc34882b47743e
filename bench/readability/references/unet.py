"""U-Net with BatchNorm.

image: float32 [batch, height, width, 3]  ->  mask: [batch, height, width, classes]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DoubleConv(nn.Sequential):
    """Twice Conv → BatchNorm → ReLU."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01),
            nn.ReLU(),
        )


class Up(nn.Module):
    """Doubles the resolution and joins the skip connection."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.upsample = nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2)
        self.conv = DoubleConv(2 * out_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.upsample(x)[:, :, :-1, :-1]  # as TensorFlow crops SAME
        return self.conv(torch.cat((x, skip), dim=1))


class UNet(nn.Module):
    def __init__(self, widths: tuple[int, ...] = (8, 16, 32), classes: int = 2):
        super().__init__()
        channels = (3, *widths)
        self.down = nn.ModuleList(map(DoubleConv, channels, widths))
        self.middle = DoubleConv(widths[-1], 2 * widths[-1])
        self.up = nn.ModuleList(Up(2 * width, width) for width in reversed(widths))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2)
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.middle(x)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(x, skip)
        return torch.sigmoid(self.head(x)).permute(0, 2, 3, 1)
