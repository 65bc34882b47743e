"""PyTorch port of `recurrence` (saved model, signature `serving_default`).

x: float32 [N, T, 6]  ->  history: float32 [N, T, 10], last: float32 [N, 10]
"""

import torch
from torch import Tensor, nn


class Cell(nn.Module):
    """Sigmoid → Linear → Linear → tanh."""

    def __init__(self, size: int, in_features: int):
        super().__init__()
        self.leak = nn.Parameter(torch.empty(size))
        self.fc1 = nn.Linear(in_features, size, bias=False)
        self.fc2 = nn.Linear(size, size, bias=False)
        self.bias = nn.Parameter(torch.empty(size))

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        gate = torch.sigmoid(self.leak)
        x = self.fc1(x) + self.fc2(state) + self.bias
        return gate * state + (1.0 - gate) * torch.tanh(x)


class Recurrence(nn.Module):
    def __init__(self, hidden_size: int = 10):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = Cell(10, 6)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        length = x.shape[1]
        state = torch.zeros((x.shape[0], self.hidden_size), device=x.device)
        rows = []
        for i in range(length):
            state = self.cell(x[:, i], state)
            rows.append(state)
        x = torch.stack(rows, dim=1)
        return {"history": x, "last": state}
