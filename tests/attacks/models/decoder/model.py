"""PyTorch port of the SavedModel `decoder`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Inner(nn.Module):
    """Conv → instance norm → leaky ReLU."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.norm = nn.InstanceNorm2d(channels, eps=1e-2, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


class Decoder(nn.Module):
    def __init__(self, features: int = 4, hidden: int = 6, grown: int = 5):
        super().__init__()
        self.inner = Inner(features, hidden)
        self.grow = nn.ConvTranspose2d(hidden, grown, 3, stride=2, bias=False)
        self.out = nn.Conv2d(grown + features, 2, 3)

    def forward(self, features: Tensor) -> Tensor:
        features = features.permute(0, 3, 1, 2)
        x = self.grow(self.inner(features))[:, :, :-1, :-1]
        skip = F.interpolate(features, scale_factor=2, mode="bilinear")
        x = torch.cat([F.softplus(x), skip], 1)
        x = self.out(F.pad(x, (1, 1, 1, 1), mode="reflect"))
        return x.clamp(-2, 2).permute(0, 2, 3, 1)
