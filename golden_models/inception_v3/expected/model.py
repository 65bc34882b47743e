"""PyTorch port of `inception_v3` (keras).

image: float32 [N, 107, 107, 3]  ->  predictions: float32 [N, 1000]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d that learns no scale, or no centre."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        momentum: float = 0.01,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps, momentum=momentum)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)


class ConvBnRelu(nn.Module):
    """Conv → BatchNorm → ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int = 1,
        padding: int | tuple[int, ...] = 0,
    ):
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            bias=False,
        )
        self.bn = BatchNorm2d(out_channels, eps=1e-3, momentum=0.01, scale=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class MixedA(nn.Module):
    """4 branches over the same input, concatenated."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv_bn_relu1 = ConvBnRelu(in_channels, 64, kernel_size=1)
        self.blocks1 = nn.Sequential(
            ConvBnRelu(in_channels, 48, kernel_size=1),
            ConvBnRelu(48, 64, kernel_size=5, padding=2),
        )
        self.blocks2 = nn.Sequential(
            ConvBnRelu(in_channels, 64, kernel_size=1),
            ConvBnRelu(64, 96, kernel_size=3, padding=1),
            ConvBnRelu(96, 96, kernel_size=3, padding=1),
        )
        self.conv_bn_relu2 = ConvBnRelu(in_channels, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branch1 = self.conv_bn_relu1(x)
        pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        branch4 = self.conv_bn_relu2(pooled)
        return torch.cat((branch1, self.blocks1(x), self.blocks2(x), branch4), dim=1)


class MixedB(nn.Module):
    """3 branches over the same input, concatenated."""

    def __init__(self):
        super().__init__()
        self.conv_bn_relu = ConvBnRelu(288, 384, kernel_size=3, stride=2)
        self.blocks = nn.Sequential(
            ConvBnRelu(288, 64, kernel_size=1),
            ConvBnRelu(64, 96, kernel_size=3, padding=1),
            ConvBnRelu(96, 96, kernel_size=3, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        branch3 = F.max_pool2d(x, 3, stride=2)
        return torch.cat((self.conv_bn_relu(x), self.blocks(x), branch3), dim=1)


class MixedC(nn.Module):
    """4 branches over the same input, concatenated."""

    def __init__(self, hidden_channels: int):
        super().__init__()
        self.conv_bn_relu1 = ConvBnRelu(768, 192, kernel_size=1)
        blocks1 = (
            # in_channels, out_channels, kernel_size, stride, padding
            (768, hidden_channels, 1, 1, 0),
            (hidden_channels, hidden_channels, (1, 7), 1, (0, 3)),
            (hidden_channels, 192, (7, 1), 1, (3, 0)),
        )
        self.blocks1 = nn.Sequential(*(ConvBnRelu(*config) for config in blocks1))
        blocks2 = (
            # in_channels, out_channels, kernel_size, stride, padding
            (768, hidden_channels, 1, 1, 0),
            (hidden_channels, hidden_channels, (7, 1), 1, (3, 0)),
            (hidden_channels, hidden_channels, (1, 7), 1, (0, 3)),
            (hidden_channels, hidden_channels, (7, 1), 1, (3, 0)),
            (hidden_channels, 192, (1, 7), 1, (0, 3)),
        )
        self.blocks2 = nn.Sequential(*(ConvBnRelu(*config) for config in blocks2))
        self.conv_bn_relu2 = ConvBnRelu(768, 192, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branch1 = self.conv_bn_relu1(x)
        pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        branch4 = self.conv_bn_relu2(pooled)
        return torch.cat((branch1, self.blocks1(x), self.blocks2(x), branch4), dim=1)


class MixedD(nn.Module):
    """3 branches over the same input, concatenated."""

    def __init__(self):
        super().__init__()
        self.blocks1 = nn.Sequential(
            ConvBnRelu(768, 192, kernel_size=1),
            ConvBnRelu(192, 320, kernel_size=3, stride=2),
        )
        self.blocks2 = nn.Sequential(
            ConvBnRelu(768, 192, kernel_size=1),
            ConvBnRelu(192, 192, kernel_size=(1, 7), padding=(0, 3)),
            ConvBnRelu(192, 192, kernel_size=(7, 1), padding=(3, 0)),
            ConvBnRelu(192, 192, kernel_size=3, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        branch3 = F.max_pool2d(x, 3, stride=2)
        return torch.cat((self.blocks1(x), self.blocks2(x), branch3), dim=1)


class MixedE(nn.Module):
    def __init__(self, in_channels: int):
        super().__init__()
        self.conv_bn_relu1 = ConvBnRelu(in_channels, 320, kernel_size=1)
        self.conv_bn_relu2 = ConvBnRelu(in_channels, 384, kernel_size=1)
        self.conv_bn_relu3 = ConvBnRelu(384, 384, kernel_size=(1, 3), padding=(0, 1))
        self.conv_bn_relu4 = ConvBnRelu(384, 384, kernel_size=(3, 1), padding=(1, 0))
        self.blocks = nn.Sequential(
            ConvBnRelu(in_channels, 448, kernel_size=1),
            ConvBnRelu(448, 384, kernel_size=3, padding=1),
        )
        self.conv_bn_relu5 = ConvBnRelu(384, 384, kernel_size=(1, 3), padding=(0, 1))
        self.conv_bn_relu6 = ConvBnRelu(384, 384, kernel_size=(3, 1), padding=(1, 0))
        self.conv_bn_relu7 = ConvBnRelu(in_channels, 192, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branch1 = self.conv_bn_relu1(x)
        y = self.conv_bn_relu2(x)
        branch2 = self.conv_bn_relu3(y)
        branch3 = self.conv_bn_relu4(y)
        y = self.blocks(x)
        branch4 = self.conv_bn_relu5(y)
        x = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        branch6 = self.conv_bn_relu7(x)
        return torch.cat(
            (branch1, branch2, branch3, branch4, self.conv_bn_relu6(y), branch6), dim=1
        )


class InceptionV3(nn.Module):
    def __init__(self, num_classes: int = 1000):
        super().__init__()
        self.blocks1 = nn.Sequential(
            ConvBnRelu(3, 32, kernel_size=3, stride=2),
            ConvBnRelu(32, 32, kernel_size=3),
            ConvBnRelu(32, 64, kernel_size=3, padding=1),
        )
        self.blocks2 = nn.Sequential(
            ConvBnRelu(64, 80, kernel_size=1), ConvBnRelu(80, 192, kernel_size=3)
        )
        self.blocks3 = nn.Sequential(
            MixedA(192, 32),
            MixedA(256, 64),
            MixedA(288, 64),
            MixedB(),
            MixedC(128),
            *(MixedC(160) for _ in range(2)),
            MixedC(192),
            MixedD(),
            MixedE(1280),
            MixedE(2048),
        )
        self.predictions = nn.Linear(2048, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = F.max_pool2d(self.blocks1(image.permute(0, 3, 1, 2)), 3, stride=2)
        x = F.max_pool2d(self.blocks2(x), 3, stride=2)
        x = self.predictions(self.blocks3(x).mean((2, 3)))
        return x.softmax(-1)
