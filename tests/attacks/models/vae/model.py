"""PyTorch port of the SavedModel `vae`."""

import torch
from torch import Tensor, nn


class Vae(nn.Module):
    def __init__(self, features: int = 7, hidden: int = 6, latent: int = 3):
        super().__init__()
        self.encode = nn.Linear(features, hidden, bias=False)
        self.to_mean = nn.Linear(hidden, latent, bias=False)
        self.to_spread = nn.Linear(hidden, latent, bias=False)
        self.decode = nn.Linear(latent, features)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        hidden = self.encode(x).relu()
        mean, spread = self.to_mean(hidden), self.to_spread(hidden)
        z = mean + (0.5 * spread).exp() * torch.randn_like(mean)
        return {"mean": mean, "rebuilt": self.decode(z).sigmoid()}
