"""PyTorch port of `basic_pitch` (saved model, signature `serving_default`).

input_2: float32 [N, 43844, 1]
->
contour: float32 [N, 172, 264]
note: float32 [N, 172, 88]
onset: float32 [N, 172, 88]
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def divide_no_nan(x: Tensor, y: Tensor) -> Tensor:
    """x / y, and 0 (without gradient) where y is 0."""
    zero = y == 0
    return torch.where(zero, 0, x / torch.where(zero, 1, y))


class CqT2010v(nn.Module):
    def __init__(self, padding: int = 127, padding2: int = 128, start: int = -309):
        super().__init__()
        self.padding = padding
        self.padding2 = padding2
        self.start = start
        self.register_buffer("cq_t2010v2_1", torch.empty(1, 1, 256))
        self.register_buffer("cq_t2010v2_1_2", torch.empty(36, 1, 256))
        self.register_buffer("cq_t2010v2_1_3", torch.empty(36, 1, 256))
        self.register_buffer("cq_t2010v2_1_4", torch.empty(309, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, None]
        y = F.conv1d(
            F.pad(x, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        z = F.conv1d(
            F.pad(y, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        other = F.conv1d(
            F.pad(z, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        other2 = F.conv1d(
            F.pad(other, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        other3 = F.conv1d(
            F.pad(other2, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        other4 = F.conv1d(
            F.pad(other3, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        other5 = F.conv1d(
            F.pad(other4, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        other6 = F.conv1d(
            F.pad(other5, (self.padding, self.padding)), self.cq_t2010v2_1, stride=2
        )
        padded = F.pad(other6, (self.padding2, self.padding2), mode="reflect")
        other6 = -F.conv1d(padded, self.cq_t2010v2_1_3)
        branch1 = torch.stack((F.conv1d(padded, self.cq_t2010v2_1_2), other6), dim=-1)
        padded = F.pad(other5, (self.padding2, self.padding2), mode="reflect")
        other5 = F.conv1d(padded, self.cq_t2010v2_1_2, stride=2)
        other6 = -F.conv1d(padded, self.cq_t2010v2_1_3, stride=2)
        branch2 = torch.stack((other5, other6), dim=-1)
        padded = F.pad(other4, (self.padding2, self.padding2), mode="reflect")
        other4 = F.conv1d(padded, self.cq_t2010v2_1_2, stride=4)
        other5 = -F.conv1d(padded, self.cq_t2010v2_1_3, stride=4)
        branch3 = torch.stack((other4, other5), dim=-1)
        padded = F.pad(other3, (self.padding2, self.padding2), mode="reflect")
        other3 = F.conv1d(padded, self.cq_t2010v2_1_2, stride=8)
        other4 = -F.conv1d(padded, self.cq_t2010v2_1_3, stride=8)
        branch4 = torch.stack((other3, other4), dim=-1)
        padded = F.pad(other2, (self.padding2, self.padding2), mode="reflect")
        other2 = F.conv1d(padded, self.cq_t2010v2_1_2, stride=16)
        other3 = -F.conv1d(padded, self.cq_t2010v2_1_3, stride=16)
        branch5 = torch.stack((other2, other3), dim=-1)
        padded = F.pad(other, (self.padding2, self.padding2), mode="reflect")
        other = F.conv1d(padded, self.cq_t2010v2_1_2, stride=32)
        other2 = -F.conv1d(padded, self.cq_t2010v2_1_3, stride=32)
        branch6 = torch.stack((other, other2), dim=-1)
        z = F.pad(z, (self.padding2, self.padding2), mode="reflect")
        other = F.conv1d(z, self.cq_t2010v2_1_2, stride=64)
        z = -F.conv1d(z, self.cq_t2010v2_1_3, stride=64)
        branch7 = torch.stack((other, z), dim=-1)
        y = F.pad(y, (self.padding2, self.padding2), mode="reflect")
        z = F.conv1d(y, self.cq_t2010v2_1_2, stride=128)
        y = -F.conv1d(y, self.cq_t2010v2_1_3, stride=128)
        branch8 = torch.stack((z, y), dim=-1)
        x = F.pad(x, (self.padding2, self.padding2), mode="reflect")
        y = F.conv1d(x, self.cq_t2010v2_1_2, stride=256)
        x = -F.conv1d(x, self.cq_t2010v2_1_3, stride=256)
        branch9 = torch.stack((y, x), dim=-1)
        x = torch.cat(
            (
                branch1,
                branch2,
                branch3,
                branch4,
                branch5,
                branch6,
                branch7,
                branch8,
                branch9,
            ),
            dim=1,
        )[:, self.start :]
        return torch.pow(x * self.cq_t2010v2_1_4, 2.0).sum(3)


class NormalizedLog(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        x = torch.log(x + 1e-10) / math.log(10)
        x = 10.0 * x
        x = x - x.amin((1, 2), keepdim=True)
        return divide_no_nan(x, x.amax((1, 2), keepdim=True))


class HarmonicStacking(nn.Module):
    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y = F.pad(x[:, :, :-36], (0, 0, 36, 0)).permute(0, 3, 1, 2)
        z = F.pad(x[:, :, 36:], (0, 0, 0, 36)).permute(0, 3, 1, 2)
        other = F.pad(x[:, :, 57:], (0, 0, 0, 57)).permute(0, 3, 1, 2)
        other2 = F.pad(x[:, :, 72:], (0, 0, 0, 72)).permute(0, 3, 1, 2)
        other3 = F.pad(x[:, :, 84:], (0, 0, 0, 84)).permute(0, 3, 1, 2)
        other4 = F.pad(x[:, :, 93:], (0, 0, 0, 93)).permute(0, 3, 1, 2)
        x = F.pad(x[:, :, 101:], (0, 0, 0, 101)).permute(0, 3, 1, 2)
        x = torch.cat((y, skip, z, other, other2, other3, other4, x), dim=1).permute(
            0, 2, 3, 1
        )
        return x[:, :, :264]


class BasicPitch(nn.Module):
    def __init__(self):
        super().__init__()
        self.cq_t2010v2_1 = CqT2010v()
        self.normalized_log = NormalizedLog()
        self.bn1 = nn.BatchNorm2d(1, eps=1e-3, momentum=0.01)
        self.harmonic_stacking = HarmonicStacking()
        self.conv1 = nn.Conv2d(8, 8, (3, 39), padding=(1, 19))
        self.bn2 = nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)
        self.contours_reduced = nn.Conv2d(8, 1, 5, padding=2)
        self.conv2 = nn.Conv2d(1, 32, 7, stride=(1, 3), padding=(3, 2))
        self.conv3 = nn.Conv2d(32, 1, (7, 3), padding=(3, 1))
        self.conv4 = nn.Conv2d(8, 32, 5, stride=(1, 3), padding=(2, 1))
        self.bn3 = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        self.conv5 = nn.Conv2d(33, 1, 3, padding=1)

    def forward(self, input_2: Tensor) -> dict[str, Tensor]:
        x = self.normalized_log(self.cq_t2010v2_1(input_2.flatten(1)))
        x = x.transpose(1, 2).unsqueeze(-1).permute(0, 3, 1, 2)
        x = self.bn1(x)
        x = self.harmonic_stacking(x.permute(0, 2, 3, 1), x).permute(0, 3, 1, 2)
        y = F.relu(self.bn2(self.conv1(x)))
        y = torch.sigmoid(self.contours_reduced(y))
        flat = y.permute(0, 2, 3, 1).flatten(2)
        y = self.conv3(F.relu(self.conv2(y)))
        y = torch.sigmoid(y)
        z = y.permute(0, 2, 3, 1).flatten(2)
        x = F.relu(self.bn3(self.conv4(x)))
        x = torch.sigmoid(self.conv5(torch.cat((y, x), dim=1)))
        return {"contour": flat, "note": z, "onset": x.permute(0, 2, 3, 1).flatten(2)}
