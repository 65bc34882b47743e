"""PyTorch port of `vae` (saved model, signature `serving_default`).

image: float32 [N, 16, 16, 1]
->
log_variance: float32 [N, 4]
mean: float32 [N, 4]
picture: float32 [N, 16, 16, 1]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Encode(nn.Module):
    """Conv → ReLU → Conv → ReLU."""

    def __init__(self, out_channels: int, hidden_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(1, hidden_channels, 3, stride=2)
        self.conv2 = nn.Conv2d(hidden_channels, out_channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(F.pad(x, (0, 1, 0, 1))))
        return F.relu(self.conv2(F.pad(x, (0, 1, 0, 1))))


class Decode(nn.Module):
    """Transposed Conv → ReLU → transposed Conv → ReLU."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.up1 = nn.ConvTranspose2d(in_channels, in_channels, 3, stride=2)
        self.up2 = nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.up2(F.relu(self.up1(x)[:, :, :-1, :-1]))[:, :, :-1, :-1]
        return F.relu(x)


class VAE(nn.Module):
    def __init__(self, size: int = 16):
        super().__init__()
        self.size = size
        self.encode = Encode(16, 8)
        self.bottleneck = nn.Linear(256, 16)
        self.log_variance = nn.Linear(16, 4)
        self.mean = nn.Linear(16, 4)
        self.widen = nn.Linear(4, 256)
        self.decode = Decode(16, 8)
        self.picture = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = torch.randn((image.shape[0], 4), device=image.device)
        flat = self.encode(image.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(1)
        bottleneck = F.relu(self.bottleneck(flat))
        log_variance = self.log_variance(bottleneck)
        shortcut = self.mean(bottleneck)
        x = torch.exp(0.5 * log_variance) * x
        x = F.relu(self.widen(shortcut + x)).unflatten(-1, (4, 4, self.size))
        x = self.picture(self.decode(x.permute(0, 3, 1, 2)))
        return {
            "log_variance": log_variance,
            "mean": shortcut,
            "picture": torch.sigmoid(x).permute(0, 2, 3, 1),
        }
