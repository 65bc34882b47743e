"""PyTorch port of the SavedModel `words`."""

import torch
from torch import Tensor, nn

VOCABULARY = {b"42": 0, b"Two words": 1, b"red": 2, b"": 3}


class Words(nn.Module):
    def __init__(self, words: int = 5, buckets: int = 4, width: int = 4):
        super().__init__()
        self.rows = nn.Embedding(words, width)
        self.ages = nn.Embedding(buckets, width)
        self.out = nn.Linear(2 * width, 1, bias=False)
        edges = torch.tensor([-1.0, 0.0, 1.0])
        self.register_buffer("edges", edges, persistent=False)

    def forward(self, word: list[bytes], age: Tensor) -> dict[str, Tensor]:
        ids = torch.tensor([VOCABULARY.get(w, -1) + 1 for w in word], dtype=torch.long)
        bucket = torch.bucketize(age, self.edges, right=True)
        x = torch.cat([self.rows(ids), self.ages(bucket)], 1)
        score = self.out(x).sigmoid().squeeze(1)
        return {"bucket": bucket.to(torch.int32), "score": score}
