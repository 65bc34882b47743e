"""BERT with a classification head over the first token.

padding_mask, segment_ids, token_ids: int [batch, length]  ->  logits: [batch, classes]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SelfAttention(nn.Module):
    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.output = nn.Linear(dim, dim)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q = self.split(self.query(x))
        k = self.split(self.key(x))
        v = self.split(self.value(x))
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(x.transpose(1, 2).flatten(2))


class EncoderLayer(nn.Module):
    """Attention and feed-forward, each normalised after its residual."""

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float):
        super().__init__()
        self.attention = SelfAttention(dim, heads)
        self.attention_norm = nn.LayerNorm(dim, eps=1e-12)
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.attention_norm(x + self.dropout(self.attention(x, mask)))
        hidden = F.gelu(self.fc1(x), approximate="tanh")
        return self.norm(x + self.dropout(self.fc2(hidden)))


class BertClassifier(nn.Module):
    def __init__(
        self,
        vocab_size: int = 1000,
        max_length: int = 48,
        dim: int = 64,
        heads: int = 4,
        hidden: int = 128,
        layers: int = 4,
        classes: int = 3,
        dropout: float = 0.1,
    ):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab_size, dim)
        self.position_embedding = nn.Embedding(max_length, dim)
        self.segment_embedding = nn.Embedding(2, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            EncoderLayer(dim, heads, hidden, dropout) for _ in range(layers)
        )
        self.pooler = nn.Linear(dim, dim)
        self.classifier = nn.Linear(dim, classes)

    def forward(
        self, padding_mask: Tensor, segment_ids: Tensor, token_ids: Tensor
    ) -> Tensor:
        positions = torch.arange(token_ids.shape[1], device=token_ids.device)
        x = self.token_embedding(token_ids) + self.position_embedding(positions)
        x = self.dropout(self.norm(x + self.segment_embedding(segment_ids)))
        mask = padding_mask[:, None, None].bool()
        for layer in self.layers:
            x = layer(x, mask)
        x = torch.tanh(self.pooler(x[:, 0]))
        return self.classifier(self.dropout(x))
