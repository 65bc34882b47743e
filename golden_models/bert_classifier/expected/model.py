"""PyTorch port of `bert` (saved model, signature `serving_default`).

padding_mask: int32 [batch, padding_mask_1]
segment_ids: int32 [segment_ids_0, segment_ids_1]
token_ids: int32 [token_ids_0, token_ids_1]
->
output_0: float32 [s1, 3]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


class SelfAttentionLayer(nn.Module):
    """Multi-head attention, added to the input."""

    def __init__(self, heads: int = 4, head_dim: int = 16):
        super().__init__()
        self.heads = heads
        self.head_dim = head_dim
        self.query = nn.Linear(64, 64)
        self.key = nn.Linear(64, 64)
        self.value = nn.Linear(64, 64)
        self.attention_output = nn.Linear(64, 64)
        self.norm = nn.LayerNorm(64, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        shortcut = x
        q = self.query(x).unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)
        k = self.key(x).unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)
        v = self.value(x).unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.attention_output(x.transpose(1, 2).flatten(2))
        return self.norm(shortcut + x)


class Feedforward(nn.Module):
    """Linear → GELU → Linear → LayerNorm, added to the input."""

    def __init__(self):
        super().__init__()
        self.intermediate_dense = nn.Linear(64, 128)
        self.output_dense = nn.Linear(128, 64)
        self.layer_norm = nn.LayerNorm(64, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.output_dense(
            F.gelu(self.intermediate_dense(x), approximate="tanh")
        )
        return self.layer_norm(x + hidden)


class TransformerLayer(nn.Module):
    """Self attention layer → feedforward."""

    def __init__(self):
        super().__init__()
        self.self_attention_layer = SelfAttentionLayer()
        self.feedforward = Feedforward()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.feedforward(self.self_attention_layer(x, mask))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.token_embedding = Embedding(1000, 64)
        self.position_embedding = nn.Parameter(torch.empty(48, 64))
        self.segment_embedding = Embedding(2, 64)
        self.embeddings_layer_norm = nn.LayerNorm(64, eps=1e-12)
        self.layers = nn.ModuleList(TransformerLayer() for _ in range(4))
        self.pooled_dense = nn.Linear(64, 64)
        self.logits = nn.Linear(64, 3)

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
