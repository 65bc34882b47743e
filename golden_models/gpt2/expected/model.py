"""PyTorch port of `gpt2` (saved model, signature `serving_default`).

padding_mask: int32 [N, L]
token_ids: int32 [N, L]
->
output_0: float32 [N, L, 1000]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


class SelfAttention(nn.Module):
    """Pre-norm multi-head self-attention."""

    def __init__(self, dim: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.layer_norm = nn.LayerNorm(dim, eps=1e-5)
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.attention_output = nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.layer_norm(x)
        q = self.query(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        k = self.key(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        v = self.value(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.attention_output(x.transpose(1, 2).flatten(2))


class Feedforward(nn.Module):
    """Pre-norm feed-forward network."""

    def __init__(self, dim: int, hidden_dim: int):
        super().__init__()
        self.layer_norm = nn.LayerNorm(dim, eps=1e-5)
        self.intermediate_dense = nn.Linear(dim, hidden_dim)
        self.output_dense = nn.Linear(hidden_dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.intermediate_dense(self.layer_norm(x)), approximate="tanh")
        return self.output_dense(x)


class TransformerLayer(nn.Module):
    """Pre-norm transformer layer: self-attention and feed-forward."""

    def __init__(self, dim: int, num_heads: int, hidden_dim: int):
        super().__init__()
        self.self_attention = SelfAttention(dim, num_heads)
        self.feedforward = Feedforward(dim, hidden_dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attention(x, mask)
        return x + self.feedforward(x)


class GPT2(nn.Module):
    def __init__(
        self,
        vocab_size: int = 1000,
        max_len: int = 48,
        dim: int = 64,
        depth: int = 4,
        num_heads: int = 4,
        hidden_dim: int = 256,
    ):
        super().__init__()
        self.token_embedding = Embedding(vocab_size, dim)
        self.position_embedding = nn.Parameter(torch.empty(max_len, dim))
        self.layers = nn.ModuleList(
            TransformerLayer(dim, num_heads, hidden_dim) for _ in range(depth)
        )
        self.layer_norm = nn.LayerNorm(dim, eps=1e-5)

    def forward(self, padding_mask: Tensor, token_ids: Tensor) -> Tensor:
        x = self.position_embedding[: token_ids.shape[1]]
        causal = torch.ones(
            (token_ids.shape[1], token_ids.shape[1]),
            dtype=torch.bool,
            device=padding_mask.device,
        )
        mask = torch.tril(causal).unsqueeze(0)
        mask = ((padding_mask.unsqueeze(1) > 0) & mask).unsqueeze(1)
        x = self.token_embedding(token_ids) + x
        for layer in self.layers:
            x = layer(x, mask)
        return F.linear(self.layer_norm(x), self.token_embedding.weight)
