"""PyTorch port of `small_cnn` (saved model, signature `serving_default`).

image: float32 [batch, 32, 32, 3]  ->  output_0: float32 [batch, 4]
"""

import torch.nn.functional as F
from torch import Tensor, nn


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, bias=False)
        self.bn2 = nn.BatchNorm2d(16, eps=0.001, momentum=0.01)
        self.conv3 = nn.Conv2d(16, 32, 3, stride=2, bias=False)
        self.bn3 = nn.BatchNorm2d(32, eps=0.001, momentum=0.01)
        self.scores = nn.Linear(32, 4)

    def forward(self, image: Tensor) -> Tensor:
        x = self.bn1(self.conv1(F.pad(image.permute(0, 3, 1, 2), (0, 1, 0, 1))))
        x = self.conv2(F.pad(F.relu(x), (0, 1, 0, 1)))
        x = F.pad(F.relu(self.bn2(x)), (0, 1, 0, 1))
        x = F.relu(self.bn3(self.conv3(x))).mean((2, 3))
        return self.scores(x).softmax(-1)
