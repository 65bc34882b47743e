"""PyTorch port of `unet` (keras).

image: float32 [N, 32, 32, 3]  ->  mask: float32 [N, 32, 32, 2]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Down(nn.Module):
    """2 convolutions with BatchNorm, ReLU and max pooling."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return x, F.max_pool2d(x, 2)


class Up(nn.Module):
    """Doubles the resolution and joins the skip connection."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.upsample = nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.conv1(torch.cat((self.upsample(x)[:, :, :-1, :-1], skip), dim=1))
        x = self.conv2(F.relu(self.norm1(x)))
        return F.relu(self.norm2(x))


class UNet(nn.Module):
    def __init__(self, num_classes: int = 2):
        super().__init__()
        self.down = nn.ModuleList([Down(3, 8), Down(8, 16), Down(16, 32)])
        self.middle_conv1 = nn.Conv2d(32, 64, 3, padding=1)
        self.middle_norm1 = nn.BatchNorm2d(64, eps=1e-3, momentum=0.01)
        self.middle_conv2 = nn.Conv2d(64, 64, 3, padding=1)
        self.middle_norm2 = nn.BatchNorm2d(64, eps=1e-3, momentum=0.01)
        self.up = nn.ModuleList([Up(64, 32), Up(32, 16), Up(16, 8)])
        self.mask = nn.Conv2d(8, num_classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2)
        skips = []
        for down in self.down:
            skip, x = down(x)
            skips.append(skip)
        x = F.relu(self.middle_norm1(self.middle_conv1(x)))
        x = F.relu(self.middle_norm2(self.middle_conv2(x)))
        for up, skip in zip(self.up, reversed(skips), strict=True):
            x = up(x, skip)
        return torch.sigmoid(self.mask(x)).permute(0, 2, 3, 1)
