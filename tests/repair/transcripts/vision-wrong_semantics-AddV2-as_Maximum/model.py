"""PyTorch port of `vision` (keras).

image: float32 [batch, 16, 16, 3]  ->  scores: float32 [batch, 5]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block2DownGradient(torch.autograd.Function):
    """Identity whose gradient is the source's own, not that of what it computes."""

    @staticmethod
    def forward(ctx, x1, x2, x3):
        ctx.save_for_backward(x2)
        return x1.view_as(x1), x2.view_as(x2), x3.view_as(x3)

    @staticmethod
    def backward(ctx, grad1, grad2, grad3):
        (x2,) = ctx.saved_tensors
        x = torch.sigmoid(x2)
        y = 1.0 - x
        z = x * F.threshold(x2 * y, 1.0, 1.0)
        z = grad1 * z
        x = grad1 * torch.square(x2) * x
        return None, z, (x * y).sum()


class Batchnorm(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.size = size
        self.register_buffer("block1_bn_moving_variance", torch.empty(size))
        self.block1_bn_gamma = nn.Parameter(torch.empty(size))
        self.block1_bn_beta = nn.Parameter(torch.empty(size))
        self.register_buffer("block1_bn_moving_mean", torch.empty(size))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(self.block1_bn_moving_variance.clamp(min=0.001))
        y = scale * self.block1_bn_gamma
        z = (self.block1_bn_beta - self.block1_bn_moving_mean * y).reshape(
            self.size, 1, 1
        )
        return (x * y.reshape(self.size, 1, 1)).clamp(min=z)


class Block(nn.Module):
    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.out_channels = out_channels
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=2, bias=False)
        self.bn_batchnorm = Batchnorm(out_channels)
        self.down = nn.Linear(out_channels, 4)
        self.up = nn.Linear(4, out_channels)
        self.project = nn.Conv2d(in_channels, out_channels, 2, stride=2)
        self.register_buffer("down2", torch.tensor(1.0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn_batchnorm(self.conv(F.pad(x, (0, 1, 0, 1))))
        y = F.relu6(y)
        hidden = self.down(y.mean((2, 3)))
        z, _, _ = Block2DownGradient.apply(F.silu(hidden), hidden, self.down2)
        z = torch.sigmoid(self.up(z)).unflatten(0, (-1, 1, 1))
        y = y * z.reshape(z.shape[0], self.out_channels, 1, 1)
        return y.clamp(min=self.project(x))


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(3, 6), Block(6, 8))
        self.scores = nn.Linear(32, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = F.max_pool2d(self.blocks(image.permute(0, 3, 1, 2)), 2)
        x = self.scores(x.permute(0, 2, 3, 1).flatten(1))
        return x.softmax(-1)
