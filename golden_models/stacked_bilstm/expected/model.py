"""PyTorch port of `stacked_bilstm` (saved model, signature `serving_default`).

tokens: int32 [N, L]  ->  logits: float32 [N, 5]
"""

import torch
from torch import Tensor, nn


class StackedBiLSTM(nn.Module):
    def __init__(
        self,
        vocab_size: int = 500,
        embedding_dim: int = 24,
        lower_size: int = 20,
        upper_size: int = 16,
        num_classes: int = 5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lower = nn.LSTM(
            embedding_dim, lower_size, batch_first=True, bidirectional=True
        )
        self.lower.bias_hh_l0.requires_grad_(False)
        self.lower.bias_hh_l0_reverse.requires_grad_(False)
        self.upper = nn.LSTM(
            2 * lower_size, upper_size, batch_first=True, bidirectional=True
        )
        self.upper.bias_hh_l0.requires_grad_(False)
        self.upper.bias_hh_l0_reverse.requires_grad_(False)
        self.logits = nn.Linear(2 * upper_size, num_classes)

    def forward(self, tokens: Tensor) -> Tensor:
        x, _ = self.lower(self.embedding(tokens))
        _, (x, _) = self.upper(x)
        return self.logits(torch.cat((x[0], x[1]), dim=1))
