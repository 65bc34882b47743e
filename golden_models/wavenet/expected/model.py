"""PyTorch port of `wavenet` (keras).

signal: float32 [N, T, 1]  ->  logits: float32 [N, L, 10]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Conv → tanh → Conv → sigmoid → Conv → Conv, added to the input."""

    def __init__(self, padding: int, channels: int):
        super().__init__()
        self.padding = padding
        self.filter2 = nn.Conv1d(channels, channels, 2, dilation=padding)
        self.gate = nn.Conv1d(channels, channels, 2, dilation=padding)
        self.skip = nn.Conv1d(channels, channels, 1)
        self.out = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shortcut = x
        x = F.pad(x, (self.padding, 0))
        gate = torch.sigmoid(self.gate(x))
        x = torch.tanh(self.filter2(x)) * gate
        features = self.skip(x)
        return features, shortcut + self.out(x)


class WaveNet(nn.Module):
    def __init__(self, channels: int = 12, padding: int = 8, num_classes: int = 10):
        super().__init__()
        self.padding = padding
        self.front = nn.Conv1d(1, channels, 2)
        self.blocks = nn.ModuleList(
            Block(padding, channels) for padding in (1, 2, 4, 8, 1, 2, 4)
        )
        self.block7_filter = nn.Conv1d(channels, channels, 2, dilation=8)
        self.block7_gate = nn.Conv1d(channels, channels, 2, dilation=8)
        self.block7_skip = nn.Conv1d(channels, channels, 1)
        self.hidden = nn.Conv1d(channels, 16, 1)
        self.logits = nn.Conv1d(16, num_classes, 1)

    def forward(self, signal: Tensor) -> Tensor:
        x = self.front(F.pad(signal.transpose(1, 2), (1, 0)))
        skips = []
        for block in self.blocks:
            skip, x = block(x)
            skips.append(skip)
        x = F.pad(x, (self.padding, 0))
        block7_gate = torch.sigmoid(self.block7_gate(x))
        x = torch.tanh(self.block7_filter(x)) * block7_gate
        x = F.relu(sum(skips) + self.block7_skip(x))
        x = self.logits(F.relu(self.hidden(x)))
        return x.transpose(1, 2)
