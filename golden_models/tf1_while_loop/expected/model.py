"""PyTorch port of `tf1` (saved model v1, signature `serving_default`).

tokens: int32 [batch, tokens_1]
lengths: int32 [lengths_0]
->
logits: float32 [s4, 3]
scores: float32 [s4, 3]
"""

import torch
from torch import Tensor, nn


class Tf1(nn.Module):
    def __init__(self, hidden_size: int = 16):
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(80, 12)
        self.cell = nn.LSTMCell(12, 16)
        self.cell.bias_hh.requires_grad_(False)
        self.out = nn.Linear(16, 3)

    def forward(self, tokens: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        x = tokens.shape[1]
        state = torch.zeros((tokens.shape[0], self.hidden_size), device=tokens.device)
        embedded = self.embedding(tokens)
        y = state
        z = state
        for i in range(x):
            inside = (i < lengths)[:, None]
            hidden, cell = self.cell(embedded[:, i], (z, y))
            y = torch.where(inside, cell, y)
            z = torch.where(inside, hidden, z)
        x = self.out(z)
        return {"logits": x, "scores": x.softmax(-1)}
