"""PyTorch port of `seq2seq` (saved model, signature `serving_default`).

source: int32 [batch, source_1]
target: int32 [target_0, target_1]
->
output_0: float32 [s7, target_1, 70]
"""

import torch
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


class Seq2seq(nn.Module):
    def __init__(self, hidden_size: int = 24):
        super().__init__()
        self.hidden_size = hidden_size
        self.target_embedding = Embedding(70, 16)
        self.source_embedding = Embedding(60, 16)
        self.encoder = nn.GRUCell(16, 24)
        self.decoder = nn.GRU(16, 24, batch_first=True)
        self.attention_scale = nn.Parameter(torch.empty(24))
        self.logits = nn.Linear(48, 70)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        x = source.shape[1]
        encoder = []
        state = torch.zeros((source.shape[0], self.hidden_size), device=source.device)
        source_embedding = self.source_embedding(source)
        seq2seq_attention = source != 0
        inside = seq2seq_attention.unsqueeze(-1)
        for i in range(x):
            state = torch.where(
                inside[:, i], self.encoder(source_embedding[:, i], state), state
            )
            encoder.append(state)
        decoder, _ = self.decoder(self.target_embedding(target), state.unsqueeze(0))
        x = torch.stack(encoder, dim=1)
        attention = torch.tanh(decoder.unsqueeze(2) + x.unsqueeze(1))
        attention = (self.attention_scale * attention).sum(3)
        attention = torch.where(
            (~seq2seq_attention).unsqueeze(1), attention - 1000000000.0, attention
        )
        x = torch.cat((decoder, attention.softmax(-1) @ x), dim=-1)
        return self.logits(x)
