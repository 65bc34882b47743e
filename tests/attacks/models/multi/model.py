"""PyTorch port of the SavedModel `multi`."""

import torch
from torch import Tensor, nn


class Ranker(nn.Module):
    def __init__(self, features: int = 6, width: int = 4, items: int = 30):
        super().__init__()
        self.user = nn.Parameter(torch.empty(features, width))
        self.item = nn.Embedding(items, width)
        self.bias = nn.Parameter(torch.empty(items))
        self.register_buffer("count", torch.zeros((), dtype=torch.int32))
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, features: Tensor, clicked: Tensor) -> dict[str, Tensor]:
        query = features @ self.user
        norm = query.square().sum(-1, keepdim=True).clamp(min=1e-6)
        query = query * norm.rsqrt()
        chosen = self.item(clicked).detach()
        logits = (query @ self.item.weight.T + self.bias) / self.temperature
        distance = (query - chosen).abs().sum(-1)
        return {
            "logits": logits,
            "best": logits.argmax(-1).to(torch.int32),
            "top_ids": logits.topk(3).indices.to(torch.int32),
            "distance": distance,
            "near": distance < 3.0,
            "total": clicked.to(torch.int32) // 4 + self.count,
        }
