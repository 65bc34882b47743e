"""PyTorch port of the SavedModel `attention`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.project = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (self.split(m(x)) for m in (self.query, self.key, self.value))
        x = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.project(x.transpose(1, 2).flatten(2))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, words: int = 20, places: int = 12, width: int = 8):
        super().__init__()
        self.tokens = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.empty(places, width))
        self.norm = nn.LayerNorm(width, eps=1e-4)
        self.attention = Attention(width, 2)

    def forward(self, ids: Tensor) -> dict[str, Tensor]:
        x = self.tokens(ids) + self.places[: ids.shape[1]]
        x = x + self.attention(self.norm(x))
        logits = F.elu(x) @ self.tokens.weight.T
        return {"logits": logits, "pooled": x.mean(1)}
