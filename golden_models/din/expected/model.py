"""PyTorch port of `din` (saved model, signature `serving_default`).

genre, item, seq_length, user: int32 [N, 1]
hist_genre, hist_item: int32 [N, 10]
score: float32 [N, 1]
->
prediction_layer: float32 [N, 1]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dice(nn.Module):
    """BatchNorm → sigmoid."""

    def __init__(self, size: int, size2: int = 10):
        super().__init__()
        self.size2 = size2
        self.alpha = nn.Parameter(torch.empty(size))
        self.bn = nn.BatchNorm1d(size, eps=1e-9, momentum=0.01, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn(x.flatten(0, 1)).unflatten(0, (-1, self.size2))
        y = torch.sigmoid(y)
        z = self.alpha * (1.0 - y) * x
        return z + y * x


class LocalActivationUnitDnn(nn.Module):
    """Linear → dice → Linear → dice."""

    def __init__(self, in_features: int, hidden_features: int, out_features: int):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden_features)
        self.dice = Dice(hidden_features)
        self.fc2 = nn.Linear(hidden_features, out_features)
        self.dice_1 = Dice(out_features)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc2(self.dice(self.fc1(x)))
        return self.dice_1(x)


class LocalActivationUnit(nn.Module):
    """Dnn → Linear, concatenated with the input."""

    def __init__(self, length: int = 10):
        super().__init__()
        self.length = length
        self.dnn = LocalActivationUnitDnn(48, 16, out_features=8)
        self.fc = nn.Linear(8, 1)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        y = y.expand(-1, self.length, -1)
        x = self.dnn(torch.cat((y, x, y - x, y * x), dim=-1))
        x = self.fc(x)
        return x, x.transpose(1, 2)


class AttentionSequencePoolingLayer(nn.Module):
    """Local activation unit."""

    def __init__(self, size: int = 10):
        super().__init__()
        self.size = size
        self.local_activation_unit = LocalActivationUnit()

    def forward(
        self, x: Tensor, hist_item: Tensor, hist_genre: Tensor, y: Tensor
    ) -> Tensor:
        inside = (hist_item != 0).unsqueeze(-1)
        inside = torch.cat((inside, (hist_genre != 0).unsqueeze(-1)), dim=2).all(2)
        inside = inside.unsqueeze(1)
        inside = inside.reshape(inside.shape[0], self.size, 1)
        y, z = self.local_activation_unit(x, y)
        z = torch.zeros_like(z)
        y = torch.where(inside, y, z.reshape(z.shape[0], self.size, 1))
        return y.transpose(1, 2) @ x


class Dnn(nn.Module):
    """Linear → BatchNorm → ReLU → Linear → BatchNorm → ReLU."""

    def __init__(self, in_features: int, hidden_features: int, out_features: int):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden_features)
        self.bn1 = nn.BatchNorm1d(hidden_features, eps=1e-3, momentum=0.01)
        self.fc2 = nn.Linear(hidden_features, out_features)
        self.bn2 = nn.BatchNorm1d(out_features, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.fc1(x)))
        return F.relu(self.bn2(self.fc2(x)))


class Din(nn.Module):
    def __init__(self):
        super().__init__()
        self.sparse_emb_user = nn.Embedding(40, 8)
        self.sparse_seq_emb_hist_item = nn.Embedding(50, 8)
        self.sparse_seq_emb_hist_genre = nn.Embedding(12, 4)
        self.attention_sequence_pooling_layer = AttentionSequencePoolingLayer()
        self.dnn = Dnn(33, 32, out_features=16)
        self.fc = nn.Linear(16, 1)

    def forward(
        self,
        genre: Tensor,
        hist_genre: Tensor,
        hist_item: Tensor,
        item: Tensor,
        score: Tensor,
        seq_length: Tensor,
        user: Tensor,
    ) -> Tensor:
        x = self.sparse_seq_emb_hist_item(item)
        sparse_seq_emb_hist_genre = self.sparse_seq_emb_hist_genre(genre)
        concat = torch.cat(
            (
                self.sparse_seq_emb_hist_item(hist_item),
                self.sparse_seq_emb_hist_genre(hist_genre),
            ),
            dim=-1,
        )
        layer = self.attention_sequence_pooling_layer(
            concat,
            hist_item,
            hist_genre,
            torch.cat((x, sparse_seq_emb_hist_genre), dim=-1),
        )
        x = torch.cat(
            (self.sparse_emb_user(user), x, sparse_seq_emb_hist_genre, layer), dim=-1
        ).flatten(0, 1)
        x = self.fc(self.dnn(torch.cat((x, score), dim=-1)))
        return torch.sigmoid(x)
