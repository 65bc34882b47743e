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


class Encoder(nn.Module):
    def __init__(self, hidden_size: int = 24):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = nn.GRUCell(16, 24)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        length = x.shape[1]
        rows = []
        state = torch.zeros((x.shape[0], self.hidden_size), device=x.device)
        inside = mask.unsqueeze(-1)
        for i in range(length):
            state = torch.where(inside[:, i], self.cell(x[:, i], state), state)
            rows.append(state)
        return state, torch.stack(rows, dim=1)


class Seq2seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.target_embedding = Embedding(70, 16)
        self.source_embedding = Embedding(60, 16)
        self.encoder = Encoder()
        self.decoder = nn.GRU(16, 24, batch_first=True)
        self.attention_scale = nn.Parameter(torch.empty(24))
        self.logits = nn.Linear(48, 70)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        x = source != 0
        encoder, y = self.encoder(self.source_embedding(source), x)
        decoder, _ = self.decoder(self.target_embedding(target), encoder.unsqueeze(0))
        attention = torch.tanh(decoder.unsqueeze(2) + y.unsqueeze(1))
        attention = (self.attention_scale * attention).sum(3)
        x = torch.where((~x).unsqueeze(1), attention - 1e9, attention)
        x = torch.cat((decoder, x.softmax(-1) @ y), dim=-1)
        return self.logits(x)
