"""PyTorch port of `gpt2` (saved model, signature `serving_default`).

padding_mask: int32 [batch, padding_mask_1]
token_ids: int32 [token_ids_0, token_ids_1]
->
output_0: float32 [token_ids_0, token_ids_1, 1000]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


class SelfAttention(nn.Module):
    """Multi-head attention."""

    def __init__(self, heads: int = 4, head_dim: int = 16):
        super().__init__()
        self.heads = heads
        self.head_dim = head_dim
        self.layer_norm = nn.LayerNorm(64, eps=1e-5)
        self.query = nn.Linear(64, 64)
        self.key = nn.Linear(64, 64)
        self.value = nn.Linear(64, 64)
        self.attention_output = nn.Linear(64, 64)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.layer_norm(x)
        q = self.query(x).unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)
        k = self.key(x).unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)
        v = self.value(x).unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.attention_output(x.transpose(1, 2).flatten(2))


class Feedforward(nn.Module):
    """LayerNorm → Linear → GELU → Linear."""

    def __init__(self):
        super().__init__()
        self.layer_norm = nn.LayerNorm(64, eps=1e-5)
        self.intermediate_dense = nn.Linear(64, 256)
        self.output_dense = nn.Linear(256, 64)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.intermediate_dense(self.layer_norm(x)), approximate="tanh")
        return self.output_dense(x)


class TransformerLayer(nn.Module):
    """Self attention → feedforward, added to the input."""

    def __init__(self):
        super().__init__()
        self.self_attention = SelfAttention()
        self.feedforward = Feedforward()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attention(x, mask)
        return x + self.feedforward(x)


class Gpt2(nn.Module):
    def __init__(self):
        super().__init__()
        self.token_embedding = Embedding(1000, 64)
        self.position_embedding = nn.Parameter(torch.empty(48, 64))
        self.layers = nn.ModuleList(TransformerLayer() for _ in range(4))
        self.layer_norm = nn.LayerNorm(64, eps=1e-5)

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
