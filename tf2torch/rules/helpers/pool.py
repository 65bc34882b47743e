"""Pools that say where their maxima are."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from tf2torch.rules.helpers.padding import pad_same


def max_pool_argmax(
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    same: bool = False,
    with_batch: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima of [N, H, W, C] and their index in the flat image, or in the batch."""
    _, rows, columns, channels = x.shape
    inner, top, left = x.movedim(-1, 1), 0, 0
    if same:
        inner = pad_same(inner, tuple(kernel), tuple(stride), value=-torch.inf)
        top, left = (inner.shape[2] - rows) // 2, (inner.shape[3] - columns) // 2
    values, index = F.max_pool2d(
        inner, tuple(kernel), tuple(stride), return_indices=True
    )
    row, column = index // inner.shape[3] - top, index % inner.shape[3] - left
    channel = torch.arange(channels, device=x.device)[:, None, None]
    place = (row * columns + column) * channels + channel
    if with_batch:
        image = torch.arange(x.shape[0], device=x.device)[:, None, None, None]
        place = place + image * (rows * columns * channels)
    return values.movedim(1, -1), place.movedim(1, -1)
