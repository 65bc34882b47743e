"""PyTorch port of the SavedModel `gru`."""

import torch
from torch import Tensor, nn


class Cell(nn.Module):
    """Gates z, r, h; the reset applies before the recurrent product."""

    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.given = nn.Linear(features, 3 * hidden)
        self.recurrent = nn.Parameter(torch.empty(hidden, 3 * hidden))
        self.hidden = hidden

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        given_z, given_r, given_h = self.given(x).chunk(3, -1)
        kept_z, kept_r, kept_h = self.recurrent.chunk(3, -1)
        z = (given_z + state @ kept_z).sigmoid()
        r = (given_r + state @ kept_r).sigmoid()
        new = (given_h + (r * state) @ kept_h).tanh()
        return z * state + (1 - z) * new


class Reader(nn.Module):
    def __init__(self, features: int = 4, hidden: int = 5, classes: int = 3):
        super().__init__()
        self.cell = Cell(features, hidden)
        self.out = nn.Linear(hidden, classes, bias=False)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        state = x.new_zeros(x.shape[0], self.cell.hidden)
        for step in x.unbind(1):
            state = self.cell(step, state)
        return {"scores": self.out(state).log_softmax(-1), "state": state}
