"""PyTorch port of `mel_cnn` (saved model, signature `serving_default`).

waveform: float32 [N, 4000]  ->  logits: float32 [N, 5]
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MelCnn(nn.Module):
    def __init__(
        self, frame_length: int = 256, frame_step: int = 128, num_classes: int = 5
    ):
        super().__init__()
        self.frame_length = frame_length
        self.frame_step = frame_step
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.pad = nn.ZeroPad2d((0, 1, 1, 1))
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2)
        self.head = nn.Linear(16, num_classes)
        self.register_buffer("hann_window", torch.empty(256))
        self.register_buffer("linear_to_mel_weight_matrix", torch.empty(129, 32))

    def forward(self, waveform: Tensor) -> Tensor:
        x = waveform.unfold(1, self.frame_length, self.frame_step) * self.hann_window
        x = torch.abs(torch.fft.rfft(x)) @ self.linear_to_mel_weight_matrix + 1e-3
        x = self.conv1(torch.log(x)[..., None].permute(0, 3, 1, 2))
        x = self.pad(F.max_pool2d(F.relu(x), 2))
        return self.head(F.relu(self.conv2(x)).mean((2, 3)))
