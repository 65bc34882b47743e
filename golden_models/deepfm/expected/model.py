"""PyTorch port of `deepfm` (saved model, signature `serving_default`).

C1, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C2, C20, C21, C22, C23, C24,
    C25, C26, C3, C4, C5, C6, C7, C8, C9: int32 [N, 1]
I1, I10, I11, I12, I13, I2, I3, I4, I5, I6, I7, I8, I9: float32 [N, 1]
->
prediction_layer: float32 [N, 1]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Fm(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        square = torch.square(x.sum(1, keepdim=True))
        x = (square - (x * x).sum(1, keepdim=True)).sum(2)
        return 0.5 * x


class Dnn(nn.Module):
    """Linear → ReLU → dropout → Linear → ReLU → dropout."""

    def __init__(
        self, in_features: int, hidden_features: int, out_features: int, dropout: float
    ):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden_features)
        self.dropout1 = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden_features, out_features)
        self.dropout2 = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout1(F.relu(self.fc1(x)))
        return self.dropout2(F.relu(self.fc2(x)))


class DeepFM(nn.Module):
    def __init__(self, dropout: float = 0.2):
        super().__init__()
        self.linear0sparse_embs = nn.ModuleList(
            nn.Embedding(size, 1) for size in range(13, 91, 3)
        )
        self.linear = nn.Linear(13, 1, bias=False)
        self.sparse_embs = nn.ModuleList(
            nn.Embedding(size, 8) for size in range(13, 91, 3)
        )
        self.fm = Fm()
        self.dnn = Dnn(221, 64, out_features=32, dropout=dropout)
        self.fc = nn.Linear(32, 1, bias=False)
        self.prediction_layer_global_bias = nn.Parameter(torch.empty(1))

    def forward(
        self, C1: Tensor, C10: Tensor, C11: Tensor, C12: Tensor, C13: Tensor,
        C14: Tensor, C15: Tensor, C16: Tensor, C17: Tensor, C18: Tensor, C19: Tensor,
        C2: Tensor, C20: Tensor, C21: Tensor, C22: Tensor, C23: Tensor, C24: Tensor,
        C25: Tensor, C26: Tensor, C3: Tensor, C4: Tensor, C5: Tensor, C6: Tensor,
        C7: Tensor, C8: Tensor, C9: Tensor, I1: Tensor, I10: Tensor, I11: Tensor,
        I12: Tensor, I13: Tensor, I2: Tensor, I3: Tensor, I4: Tensor, I5: Tensor,
        I6: Tensor, I7: Tensor, I8: Tensor, I9: Tensor
    ) -> Tensor:  # fmt: skip
        features = (
            C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,
            C18, C19, C20, C21, C22, C23, C24, C25, C26
        )  # fmt: skip
        x = [
            layer(value)
            for layer, value in zip(self.linear0sparse_embs, features, strict=True)
        ]
        concat = torch.cat(
            (I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12, I13), dim=-1
        )
        shortcut = torch.cat(x, dim=-1).sum(2) + self.linear(concat)
        x = [
            layer(value)
            for layer, value in zip(self.sparse_embs, features, strict=True)
        ]
        shortcut = shortcut + self.fm(torch.cat(x, dim=1))
        x = torch.cat((torch.cat(x, dim=-1).flatten(0, 1), concat), dim=-1)
        x = shortcut + self.fc(self.dnn(x))
        return torch.sigmoid(x + self.prediction_layer_global_bias)
