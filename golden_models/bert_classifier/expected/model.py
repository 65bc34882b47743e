"""PyTorch port of `bert` (saved model, signature `serving_default`).

padding_mask: int32 [N, L]
segment_ids: int32 [N, L]
token_ids: int32 [N, L]
->
output_0: float32 [N, 3]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


class SelfAttentionLayer(nn.Module):
    """Post-norm multi-head self-attention with a residual."""

    def __init__(self, dim: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.attention_output = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        shortcut = x
        q = self.query(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        k = self.key(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        v = self.value(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.attention_output(x.transpose(1, 2).flatten(2))
        return self.norm(shortcut + x)


class Feedforward(nn.Module):
    """Post-norm feed-forward network with a residual."""

    def __init__(self, dim: int, hidden_dim: int):
        super().__init__()
        self.intermediate_dense = nn.Linear(dim, hidden_dim)
        self.output_dense = nn.Linear(hidden_dim, dim)
        self.layer_norm = nn.LayerNorm(dim, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.output_dense(
            F.gelu(self.intermediate_dense(x), approximate="tanh")
        )
        return self.layer_norm(x + hidden)


class TransformerLayer(nn.Module):
    """Post-norm transformer layer: self-attention and feed-forward."""

    def __init__(self, dim: int, num_heads: int, hidden_dim: int):
        super().__init__()
        self.self_attention_layer = SelfAttentionLayer(dim, num_heads)
        self.feedforward = Feedforward(dim, hidden_dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.feedforward(self.self_attention_layer(x, mask))


class Bert(nn.Module):
    def __init__(
        self,
        vocab_size: int = 1000,
        max_len: int = 48,
        dim: int = 64,
        depth: int = 4,
        num_heads: int = 4,
        hidden_dim: int = 128,
        num_classes: int = 3,
    ):
        super().__init__()
        self.token_embedding = Embedding(vocab_size, dim)
        self.position_embedding = nn.Parameter(torch.empty(max_len, dim))
        self.segment_embedding = Embedding(2, dim)
        self.embeddings_layer_norm = nn.LayerNorm(dim, eps=1e-12)
        self.layers = nn.ModuleList(
            TransformerLayer(dim, num_heads, hidden_dim) for _ in range(depth)
        )
        self.pooled_dense = nn.Linear(dim, dim)
        self.logits = nn.Linear(dim, num_classes)

    def forward(
        self, padding_mask: Tensor, segment_ids: Tensor, token_ids: Tensor
    ) -> Tensor:
        x = self.position_embedding[: token_ids.shape[1]]
        x = self.token_embedding(token_ids) + x + self.segment_embedding(segment_ids)
        mask = padding_mask.unsqueeze(1).to(torch.bool).unsqueeze(1)
        x = self.embeddings_layer_norm(x)
        for layer in self.layers:
            x = layer(x, mask)
        return self.logits(torch.tanh(self.pooled_dense(x[:, 0])))
