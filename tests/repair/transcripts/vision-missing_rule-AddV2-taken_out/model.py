"""PyTorch port of `vision` (keras).

image: float32 [batch, 16, 16, 3]  ->  scores: float32 [batch, 5]
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class InverseRoot(torch.autograd.Function):
    """1/√x; no gradient where none comes in, even if x is 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.rsqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch.where(grad == 0, 0, -0.5 * grad * y**3)


def rsqrt(x: Tensor) -> Tensor:
    """1/√x; no gradient where none comes in, even if x is 0."""
    return InverseRoot.apply(x)


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
        z = x * add_v2(1.0, x2 * y)
        z = grad1 * z
        x = grad1 * torch.square(x2) * x
        return None, z, (x * y).sum()


def add_v2(x: Tensor, y: Tensor) -> Tensor:
    """Write it by hand: TensorFlow's AddV2 with these attributes."""
    raise NotImplementedError("TensorFlow op AddV2 was not ported")


class Batchnorm(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.size = size
        self.register_buffer("block1_bn_moving_variance", torch.empty(size))
        self.block1_bn_gamma = nn.Parameter(torch.empty(size))
        self.block1_bn_beta = nn.Parameter(torch.empty(size))
        self.register_buffer("block1_bn_moving_mean", torch.empty(size))
        self.register_buffer("batchnorm", torch.tensor(0.001), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y = (
            rsqrt(add_v2(self.block1_bn_moving_variance, self.batchnorm))
            * self.block1_bn_gamma
        )
        z = self.block1_bn_beta - self.block1_bn_moving_mean * y
        return add_v2((x * y.reshape(self.size, 1, 1)).permute(0, 2, 3, 1), z)


class BlockDown(nn.Module):
    """Linear → SiLU."""

    def __init__(self, in_features: int):
        super().__init__()
        self.fc = nn.Linear(in_features, 4)
        self.register_buffer("block1_down", torch.tensor(1.0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        x, _, _ = Block2DownGradient.apply(F.silu(x), x, self.block1_down)
        return x


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1_conv = nn.Conv2d(3, 6, 3, stride=2, bias=False)
        self.block1_bn_batchnorm = Batchnorm(6)
        self.block1_down = BlockDown(6)
        self.block1_up = nn.Linear(4, 6)
        self.block1_project = nn.Conv2d(3, 6, 2, stride=2)
        self.block2_conv = nn.Conv2d(6, 8, 3, stride=2, bias=False)
        self.block2_bn_batchnorm = Batchnorm(8)
        self.block2_down = BlockDown(8)
        self.block2_up = nn.Linear(4, 8)
        self.block2_project = nn.Conv2d(6, 8, 2, stride=2)
        self.scores = nn.Linear(32, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2)
        batchnorm = self.block1_bn_batchnorm(self.block1_conv(F.pad(x, (0, 1, 0, 1))))
        block1_relu = F.relu6(batchnorm)
        block1_up = torch.sigmoid(
            self.block1_up(self.block1_down(block1_relu.mean((1, 2))))
        )
        block1_scale = block1_relu * block1_up.unflatten(0, (-1, 1, 1))
        x = add_v2(block1_scale, self.block1_project(x).permute(0, 2, 3, 1))
        batchnorm = self.block2_bn_batchnorm(
            self.block2_conv(F.pad(x, (0, 0, 0, 1, 0, 1)).permute(0, 3, 1, 2))
        )
        block2_relu = F.relu6(batchnorm)
        block2_up = torch.sigmoid(
            self.block2_up(self.block2_down(block2_relu.mean((1, 2))))
        )
        x = self.block2_project(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = add_v2(block2_relu * block2_up.unflatten(0, (-1, 1, 1)), x)
        x = F.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
        return self.scores(x.flatten(1)).softmax(-1)
