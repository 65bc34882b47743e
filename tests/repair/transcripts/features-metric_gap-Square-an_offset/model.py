"""PyTorch port of `features` (saved model, signature `serving_default`).

x: float32 [batch, 6]
y: float32 [y_0, 6]
->
gate: float32 [s2, 8]
loss: float32 [s3]
top: float32 [batch]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def sign(x: Tensor) -> Tensor:
    """``torch.sign``, but NaN for NaN."""
    return torch.where(x.isnan(), x.detach(), torch.sign(x))


class CustomGradient(torch.autograd.Function):
    """Identity whose gradient is the source's own, not that of what it computes."""

    @staticmethod
    def forward(ctx, x1, x2):
        return x1.view_as(x1), x2.view_as(x2)

    @staticmethod
    def backward(ctx, grad1, grad2):

        return None, grad1


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 8)
        self.scale = nn.Parameter(torch.empty(8))
        self.fc2 = nn.Linear(6, 8)

    def forward(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        x = F.elu(self.fc1(x))
        l2_normalize = (torch.square(x) + 0.05).sum(1, keepdim=True)
        z = x * torch.rsqrt(l2_normalize.clamp(min=1e-06))
        z = torch.cumsum(z * self.scale, 1)
        y = F.elu(self.fc2(y))
        other = y * 4.0
        other, _ = CustomGradient.apply(torch.round(other), other)
        z = torch.exp(z - (other / 4.0).flip(1))
        z = torch.log1p(z) * sign(x).detach()
        other = z.clamp(-2.0, 3.0)
        z = (z - z.mean(1, keepdim=True)).log_softmax(-1)
        z = -(z * y.softmax(-1)).sum(1)
        return {
            "gate": other,
            "loss": z,
            "top": torch.logsumexp(torch.cat((x, y), dim=1), 1),
        }
