"""PyTorch port of `vae` (saved model, signature `serving_default`).

image: float32 [batch, 16, 16, 1]
->
log_variance: float32 [batch, 4]
mean: float32 [batch, 4]
picture: float32 [batch, 16, 16, 1]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Vae(nn.Module):
    def __init__(self, size: int = 16):
        super().__init__()
        self.size = size
        self.encode1 = nn.Conv2d(1, 8, 3, stride=2)
        self.encode2 = nn.Conv2d(8, 16, 3, stride=2)
        self.bottleneck = nn.Linear(256, 16)
        self.log_variance = nn.Linear(16, 4)
        self.fc = nn.Linear(16, 4)
        self.widen = nn.Linear(4, 256)
        self.decode1 = nn.ConvTranspose2d(16, 16, 3, stride=2)
        self.decode2 = nn.ConvTranspose2d(16, 8, 3, stride=2)
        self.picture = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = torch.randn((image.shape[0], 4), device=image.device)
        encode1 = F.relu(self.encode1(F.pad(image.permute(0, 3, 1, 2), (0, 1, 0, 1))))
        encode2 = F.relu(self.encode2(F.pad(encode1, (0, 1, 0, 1)))).permute(0, 2, 3, 1)
        bottleneck = F.relu(self.bottleneck(encode2.flatten(1)))
        log_variance = self.log_variance(bottleneck)
        shortcut = self.fc(bottleneck)
        x = torch.exp(0.5 * log_variance) * x
        x = F.relu(self.widen(shortcut + x)).unflatten(-1, (4, 4, self.size))
        x = F.relu(self.decode1(x.permute(0, 3, 1, 2))[:, :, :-1, :-1])
        x = self.picture(F.relu(self.decode2(x)[:, :, :-1, :-1]))
        return {
            "log_variance": log_variance,
            "mean": shortcut,
            "picture": torch.sigmoid(x).permute(0, 2, 3, 1),
        }
