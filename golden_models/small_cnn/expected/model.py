"""PyTorch port of `small_cnn` (saved model, signature `serving_default`).

image: float32 [N, 32, 32, 3]  ->  output_0: float32 [N, 4]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class ConvBnRelu(nn.Module):
    """Conv → BatchNorm → ReLU."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(self.pad(x)))
        return F.relu(x)


class SmallCnn(nn.Module):
    def __init__(self, num_classes: int = 4):
        super().__init__()
        channels = (3, 8, 16, 32)
        self.blocks = nn.Sequential(*map(ConvBnRelu, channels, channels[1:]))
        self.scores = nn.Linear(32, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.scores(self.blocks(image.permute(0, 3, 1, 2)).mean((2, 3)))
        return x.softmax(-1)
