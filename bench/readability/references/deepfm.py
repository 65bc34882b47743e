"""DeepFM over categorical and dense features.

ids: int [batch, fields], dense: float32 [batch, dense]  ->  probability: [batch, 1]
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class DeepFM(nn.Module):
    """First-order terms, factorised pairs and a deep tower, added up."""

    def __init__(
        self,
        sizes: Sequence[int] = tuple(range(13, 91, 3)),
        dense: int = 13,
        dim: int = 8,
        widths: Sequence[int] = (64, 32),
        dropout: float = 0.2,
    ):
        super().__init__()
        self.linear_embeddings = nn.ModuleList(nn.Embedding(n, 1) for n in sizes)
        self.embeddings = nn.ModuleList(nn.Embedding(n, dim) for n in sizes)
        self.linear = nn.Linear(dense, 1, bias=False)
        self.tower = nn.Sequential()
        width = len(sizes) * dim + dense
        for out in widths:
            self.tower.extend([nn.Linear(width, out), nn.ReLU(), nn.Dropout(dropout)])
            width = out
        self.output = nn.Linear(width, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, ids: Tensor, dense: Tensor) -> Tensor:
        columns = ids.unbind(1)
        first = [e(c) for e, c in zip(self.linear_embeddings, columns, strict=True)]
        fields = [e(c) for e, c in zip(self.embeddings, columns, strict=True)]
        linear = torch.cat(first, dim=1).sum(1, keepdim=True) + self.linear(dense)
        x = torch.stack(fields, dim=1)
        pairs = x.sum(1).square() - x.square().sum(1)
        deep = self.output(self.tower(torch.cat((x.flatten(1), dense), dim=1)))
        logit = linear + 0.5 * pairs.sum(1, keepdim=True) + deep
        return torch.sigmoid(logit + self.bias)
