"""PyTorch port of `wavenet` (keras).

signal: float32 [batch, signal_1, 1]  ->  logits: float32 [s101, s102, 10]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Conv → tanh → Conv → sigmoid → Conv → Conv, added to the input."""

    def __init__(self, padding: int):
        super().__init__()
        self.padding = padding
        self.filter2 = nn.Conv1d(12, 12, 2, dilation=padding)
        self.gate = nn.Conv1d(12, 12, 2, dilation=padding)
        self.skip = nn.Conv1d(12, 12, 1)
        self.out = nn.Conv1d(12, 12, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shortcut = x
        x = F.pad(x, (self.padding, 0))
        gate = torch.sigmoid(self.gate(x))
        x = torch.tanh(self.filter2(x)) * gate
        features = self.skip(x)
        return features, shortcut + self.out(x)


class Residual(nn.Module):
    def __init__(self, padding: int = 8):
        super().__init__()
        self.padding = padding
        self.block0 = Block(1)
        self.block1 = Block(2)
        self.block2 = Block(4)
        self.block3 = Block(8)
        self.block4 = Block(1)
        self.block5 = Block(2)
        self.block6 = Block(4)
        self.block7_filter = nn.Conv1d(12, 12, 2, dilation=8)
        self.block7_gate = nn.Conv1d(12, 12, 2, dilation=8)
        self.block7_skip = nn.Conv1d(12, 12, 1)

    def forward(self, x: Tensor) -> Tensor:
        shortcut, x = self.block0(x)
        shortcut2, x = self.block1(x)
        shortcut3, x = self.block2(x)
        x, y = self.block3(x)
        shortcut = shortcut + shortcut2 + shortcut3 + x
        shortcut2, x = self.block4(y)
        shortcut3, x = self.block5(x)
        x, y = self.block6(x)
        shortcut = shortcut + shortcut2 + shortcut3 + x
        x = F.pad(y, (self.padding, 0))
        gate = torch.sigmoid(self.block7_gate(x))
        x = torch.tanh(self.block7_filter(x)) * gate
        return F.relu(shortcut + self.block7_skip(x))


class Wavenet(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = nn.Conv1d(1, 12, 2)
        self.residual_1 = Residual()
        self.hidden = nn.Conv1d(12, 16, 1)
        self.logits = nn.Conv1d(16, 10, 1)

    def forward(self, signal: Tensor) -> Tensor:
        x = self.front(F.pad(signal.transpose(1, 2), (1, 0)))
        x = F.relu(self.hidden(self.residual_1(x)))
        return self.logits(x).transpose(1, 2)
