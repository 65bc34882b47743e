"""PyTorch port of `seq2seq` (saved model, signature `serving_default`).

source: int32 [N, L], target: int32 [N, T]  ->  output_0: float32 [N, T, 70]
"""

import torch
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


class Encoder(nn.Module):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = nn.GRUCell(input_size, hidden_size)

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
    def __init__(
        self,
        target_vocab_size: int = 70,
        source_vocab_size: int = 60,
        embedding_dim: int = 16,
        hidden_size: int = 24,
    ):
        super().__init__()
        self.target_embedding = Embedding(target_vocab_size, embedding_dim)
        self.source_embedding = Embedding(source_vocab_size, embedding_dim)
        self.encoder = Encoder(embedding_dim, hidden_size)
        self.decoder = nn.GRU(embedding_dim, hidden_size, batch_first=True)
        self.attention_scale = nn.Parameter(torch.empty(hidden_size))
        self.logits = nn.Linear(2 * hidden_size, target_vocab_size)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        x = source != 0
        encoder, y = self.encoder(self.source_embedding(source), x)
        decoder, _ = self.decoder(self.target_embedding(target), encoder.unsqueeze(0))
        attention = torch.tanh(decoder.unsqueeze(2) + y.unsqueeze(1))
        attention = (self.attention_scale * attention).sum(3)
        x = torch.where((~x).unsqueeze(1), attention - 1e9, attention)
        x = torch.cat((decoder, x.softmax(-1) @ y), dim=-1)
        return self.logits(x)
