"""PyTorch port of the SavedModel `detector`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Features(nn.Module):
    """Dense → tanh → LayerNorm → GELU."""

    def __init__(self, in_features: int, width: int):
        super().__init__()
        self.first = nn.Linear(in_features, width)
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.norm(self.first(x).tanh()), approximate="tanh")


class Detector(nn.Module):
    def __init__(self, features: int = 6, width: int = 16, kinds: int = 3):
        super().__init__()
        self.features = Features(features, width)
        self.out = nn.Linear(width, 5 + kinds)

    def forward(self, features: Tensor) -> Tensor:
        x = self.out(self.features(features))
        boxes = 1280 * x[..., :4].sigmoid()
        sure = (x[..., 4:5] - 7).sigmoid()
        kinds = (4 * x[..., 5:]).softmax(-1)
        return torch.cat([boxes, sure, kinds], -1)
