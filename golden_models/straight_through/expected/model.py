"""PyTorch port of `quantised` (saved model, signature `serving_default`).

x: float32 [N, 8]  ->  output_0: float32 [N, 3]
"""

import torch
from torch import Tensor, nn


class CustomGradient(torch.autograd.Function):
    """Identity whose gradient is the source's own, not that of what it computes."""

    @staticmethod
    def forward(ctx, x1, x2):
        ctx.save_for_backward(x2)
        return x1.view_as(x1), x2.view_as(x2)

    @staticmethod
    def backward(ctx, grad1, grad2):
        (x2,) = ctx.saved_tensors

        return None, torch.where(torch.abs(x2) <= 1.0, grad1, 0.0)


class Quantised(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Parameter(torch.empty(8, 16))
        self.hidden_bias = nn.Parameter(torch.empty(16))
        self.output = nn.Parameter(torch.empty(16, 3))
        self.output_bias = nn.Parameter(torch.empty(3))

    def forward(self, x: Tensor) -> Tensor:
        rounded = torch.round(self.hidden.clamp(-1.0, 1.0) * 7.0)
        y, _ = CustomGradient.apply(rounded / 7.0, self.hidden)
        x = torch.tanh(x @ y + self.hidden_bias)
        y = torch.round(x.clamp(-1.0, 1.0) * 7.0) / 7.0
        x, _ = CustomGradient.apply(y, x)
        rounded = torch.round(self.output.clamp(-1.0, 1.0) * 7.0)
        y, _ = CustomGradient.apply(rounded / 7.0, self.output)
        return x @ y + self.output_bias
