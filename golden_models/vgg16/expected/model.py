"""PyTorch port of `vgg16` (keras).

image: float32 [N, 64, 64, 3]  ->  predictions: float32 [N, 10]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """3 convolutions with ReLU and max pooling."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv3 = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2(F.relu(self.conv1(x)))
        x = F.relu(self.conv3(F.relu(x)))
        return F.max_pool2d(x, 2)


class VGG16(nn.Module):
    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.block1_conv1 = nn.Conv2d(3, 64, 3, padding=1)
        self.block1_conv2 = nn.Conv2d(64, 64, 3, padding=1)
        self.block2_conv1 = nn.Conv2d(64, 128, 3, padding=1)
        self.block2_conv2 = nn.Conv2d(128, 128, 3, padding=1)
        self.blocks = nn.Sequential(Block(128, 256), Block(256, 512), Block(512, 512))
        self.fc1 = nn.Linear(2048, 4096)
        self.fc2 = nn.Linear(4096, 4096)
        self.predictions = nn.Linear(4096, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.block1_conv2(F.relu(self.block1_conv1(image.permute(0, 3, 1, 2))))
        x = self.block2_conv1(F.max_pool2d(F.relu(x), 2))
        x = F.relu(self.block2_conv2(F.relu(x)))
        x = self.blocks(F.max_pool2d(x, 2)).permute(0, 2, 3, 1)
        x = self.fc2(F.relu(self.fc1(x.flatten(1))))
        return self.predictions(F.relu(x)).softmax(-1)
