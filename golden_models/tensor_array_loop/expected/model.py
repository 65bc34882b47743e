"""PyTorch port of `recurrence` (saved model, signature `serving_default`).

x: float32 [batch, x_1, 6]
->
history: float32 [batch, x_1, 10]
last: float32 [batch, 10]
"""

import torch
from torch import Tensor, nn


class Recurrence(nn.Module):
    def __init__(self):
        super().__init__()
        self.leak = nn.Parameter(torch.empty(10))
        self.fc1 = nn.Linear(6, 10, bias=False)
        self.fc2 = nn.Linear(10, 10, bias=False)
        self.bias = nn.Parameter(torch.empty(10))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        length = x.shape[1]
        y = torch.zeros((x.shape[0], 10), dtype=torch.float32, device=x.device)
        z = []
        for i in range(length):
            u = torch.sigmoid(self.leak)
            v = self.fc1(x[:, i]) + self.fc2(y)
            v = (1.0 - u) * torch.tanh(v + self.bias)
            y = u * y + v
            z.append(y)
        z = torch.stack(z, dim=1)
        return {"history": z, "last": y}
