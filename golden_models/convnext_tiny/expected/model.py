"""PyTorch port of `convnext_tiny` (saved model, signature `serving_default`).

image: float32 [N, 96, 96, 3]  ->  output_0: float32 [N, 1000]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LayerNorm2d(nn.LayerNorm):
    """LayerNorm over the channels of [N, C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class StageBlock(nn.Module):
    """Conv → LayerNorm → Linear → GELU → Linear, added to the input."""

    def __init__(self, dim: int):
        super().__init__()
        hidden_dim = 4 * dim
        self.depthwise_conv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.layernorm = nn.LayerNorm(dim, eps=1e-6)
        self.pointwise_conv_1 = nn.Linear(dim, hidden_dim)
        self.pointwise_conv_2 = nn.Linear(hidden_dim, dim)
        self.layer_scale_1 = nn.Parameter(torch.empty(dim))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        x = self.pointwise_conv_1(
            self.layernorm(self.depthwise_conv(x).permute(0, 2, 3, 1))
        )
        x = self.pointwise_conv_2(F.gelu(x)) * self.layer_scale_1
        return shortcut + x.permute(0, 3, 1, 2)


class ConvnextTiny(nn.Module):
    def __init__(self, depths: tuple[int, ...] = (3, 3, 9, 3), num_classes: int = 1000):
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 96, 4, stride=4)
        self.stem_layernorm = LayerNorm2d(96, eps=1e-6)
        self.blocks1 = nn.Sequential(*(StageBlock(96) for _ in range(depths[0])))
        self.downsampling_layernorm_0 = LayerNorm2d(96, eps=1e-6)
        self.downsampling_conv_0 = nn.Conv2d(96, 192, 2, stride=2)
        self.blocks2 = nn.Sequential(*(StageBlock(192) for _ in range(depths[1])))
        self.downsampling_layernorm_1 = LayerNorm2d(192, eps=1e-6)
        self.downsampling_conv_1 = nn.Conv2d(192, 384, 2, stride=2)
        self.blocks3 = nn.Sequential(*(StageBlock(384) for _ in range(depths[2])))
        self.downsampling_layernorm_2 = LayerNorm2d(384, eps=1e-6)
        self.downsampling_conv_2 = nn.Conv2d(384, 768, 2, stride=2)
        self.blocks4 = nn.Sequential(*(StageBlock(768) for _ in range(depths[3])))
        self.head_layernorm = nn.LayerNorm(768, eps=1e-6)
        self.head_dense = nn.Linear(768, num_classes)
        self.register_buffer(
            "prestem_normalization_mean",
            torch.tensor([[[123.675]], [[116.28]], [[103.53]]]),
            persistent=False,
        )
        self.register_buffer(
            "prestem_normalization_std",
            torch.tensor([[[58.395]], [[57.12]], [[57.375]]]),
            persistent=False,
        )

    def forward(self, image: Tensor) -> Tensor:
        x = (
            image.permute(0, 3, 1, 2) - self.prestem_normalization_mean
        ) / self.prestem_normalization_std
        x = self.blocks1(self.stem_layernorm(self.stem_conv(x)))
        x = self.blocks2(self.downsampling_conv_0(self.downsampling_layernorm_0(x)))
        x = self.blocks3(self.downsampling_conv_1(self.downsampling_layernorm_1(x)))
        x = self.blocks4(self.downsampling_conv_2(self.downsampling_layernorm_2(x)))
        x = self.head_dense(self.head_layernorm(x.mean((2, 3))))
        return x.softmax(-1)
