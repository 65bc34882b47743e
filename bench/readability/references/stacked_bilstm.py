"""Two bidirectional LSTMs and a classifier over the last states.

tokens: int [batch, length]  ->  logits: float32 [batch, classes]
"""

import torch
from torch import Tensor, nn


class LSTMClassifier(nn.Module):
    def __init__(
        self,
        vocab_size: int = 500,
        dim: int = 24,
        lower: int = 20,
        upper: int = 16,
        classes: int = 5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim)
        self.lower = nn.LSTM(dim, lower, batch_first=True, bidirectional=True)
        self.upper = nn.LSTM(2 * lower, upper, batch_first=True, bidirectional=True)
        self.classifier = nn.Linear(2 * upper, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        x, _ = self.lower(self.embedding(tokens))
        _, (hidden, _) = self.upper(x)
        x = torch.cat((hidden[0], hidden[1]), dim=-1)
        return self.classifier(x)
