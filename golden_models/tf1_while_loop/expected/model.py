"""PyTorch port of `model` (saved model v1, signature `serving_default`).

tokens: int32 [N, L]
lengths: int32 [N]
->
logits: float32 [N, 3]
scores: float32 [N, 3]
"""

import torch
from torch import Tensor, nn


class Recurrence(nn.Module):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = nn.LSTMCell(input_size, hidden_size)
        self.cell.bias_hh.requires_grad_(False)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        length = x.shape[1]
        state = torch.zeros((x.shape[0], self.hidden_size), device=x.device)
        y = state
        z = state
        for i in range(length):
            inside = (i < lengths)[:, None]
            hidden, cell = self.cell(x[:, i], (z, y))
            y = torch.where(inside, cell, y)
            z = torch.where(inside, hidden, z)
        return z


class Model(nn.Module):
    def __init__(self, vocab_size: int = 80):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 12)
        self.recurrence = Recurrence(12, 16)
        self.out = nn.Linear(16, 3)

    def forward(self, tokens: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        x = self.out(self.recurrence(self.embedding(tokens), lengths))
        return {"logits": x, "scores": x.softmax(-1)}
