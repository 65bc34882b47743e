"""TensorFlow's SAME padding where its amount depends on sizes of the input."""

import torch
from torch import Tensor
from torch.nn import functional as F


def pad_same(
    x: Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...] | None = None,
    value: float = 0.0,
) -> Tensor:
    """Pad [N, C, ...] for ceil(size / stride) windows; the odd cell goes last."""
    amounts: list[int] = []
    for axis, (k, s) in enumerate(zip(kernel, stride, strict=True)):
        size = x.shape[2 + axis]
        span = (k - 1) * (dilation[axis] if dilation else 1) + 1
        total = torch.sym_max((-(-size // s) - 1) * s + span - size, 0)
        amounts = [total // 2, total - total // 2, *amounts]
    return F.pad(x, amounts, value=value)


def crop_to(x: Tensor, sizes: tuple[int, ...], same: bool = False) -> Tensor:
    """Cut or zero-extend [N, C, ...] to spatial ``sizes``.

    Cells go from the end; ``same`` takes them from both ends, the odd one at the end,
    as TF's transposed convolution with SAME padding does.
    """
    amounts: list[int] = []
    for axis, size in enumerate(sizes):
        total = size - x.shape[2 + axis]
        begin = -(torch.sym_max(-total, 0) // 2) if same else 0
        amounts = [begin, total - begin, *amounts]
    return F.pad(x, amounts)


def avg_pool_same(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]
) -> Tensor:
    """TF's SAME average pool of [N, C, ...]: the mean of the cells that exist."""
    pool = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[len(kernel)]
    share = pool(pad_same(torch.ones_like(x[:1, :1]), kernel, stride), kernel, stride)
    return pool(pad_same(x, kernel, stride), kernel, stride) / share
