"""PyTorch port of the SavedModel `lstm`."""

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    def __init__(self, words: int = 40, width: int = 8, hidden: int = 6):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.cell = Cell(width, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)
        return self.out(self.cell(x)).sigmoid()


class Cell(nn.Module):
    """An LSTM with the one bias that TensorFlow has; gates are i, f, g, o."""

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.input = nn.Linear(width, 4 * hidden)
        self.recurrent = nn.Linear(hidden, 4 * hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], self.recurrent.in_features)
        c = torch.zeros_like(h)
        for step in x.unbind(1):
            gates = self.input(step) + self.recurrent(h)
            i, f, g, o = gates.chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return h
