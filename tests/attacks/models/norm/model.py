"""PyTorch port of the Keras file `norm`."""

from torch import Tensor, nn


class FrozenNorm(nn.BatchNorm1d):
    """BatchNorm that stays in inference mode, as a frozen layer of Keras does."""

    def train(self, mode: bool = True) -> "FrozenNorm":
        return super().train(False)


class Norm(nn.Module):
    def __init__(self, features: int = 9, hidden: int = 8, rate: float = 0.3):
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.norm = nn.BatchNorm1d(hidden, eps=1e-3, momentum=0.1)
        self.dropout = nn.Dropout(rate)
        self.second = nn.Linear(hidden, hidden)
        self.frozen = FrozenNorm(hidden, eps=1e-3, momentum=0.01)
        self.frozen.requires_grad_(False)
        self.out = nn.Linear(hidden, 2)

    def forward(self, features: Tensor) -> Tensor:
        x = self.norm(self.first(features).relu())
        x = self.frozen(self.second(self.dropout(x)))
        return self.out(x)
