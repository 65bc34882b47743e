"""PyTorch port of `stacked_bilstm` (saved model, signature `serving_default`).

tokens: int32 [batch, tokens_1]  ->  logits: float32 [batch, 5]
"""

import torch
from torch import Tensor, nn


class StackedBilstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(500, 24)
        self.lower = nn.LSTM(24, 20, batch_first=True, bidirectional=True)
        self.lower.bias_hh_l0.requires_grad_(False)
        self.lower.bias_hh_l0_reverse.requires_grad_(False)
        self.upper = nn.LSTM(40, 16, batch_first=True, bidirectional=True)
        self.upper.bias_hh_l0.requires_grad_(False)
        self.upper.bias_hh_l0_reverse.requires_grad_(False)
        self.logits = nn.Linear(32, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        x, _ = self.lower(self.embedding(tokens))
        _, (x, _) = self.upper(x)
        return self.logits(torch.cat((x[0], x[1]), dim=1))
