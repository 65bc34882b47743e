"""Sliding windows of channels-last tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tf2torch.rules.helpers.padding import pad_same


def sliding_windows(
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int] | None = None,
) -> Tensor:
    """[N, spatial..., C] → [N, windows..., kernel..., C], a view."""
    count = len(kernel)
    for axis in range(count):
        step = dilation[axis] if dilation else 1
        span = (kernel[axis] - 1) * step + 1
        x = x.unfold(1 + axis, span, stride[axis])[..., ::step]
    # [N, windows..., C, kernel...]
    return x.movedim(1 + count, -1)


def dilation2d(
    x: Tensor,
    filter: Tensor,
    stride: Sequence[int],
    dilation: Sequence[int],
    same: bool = False,
) -> Tensor:
    """max of x [N, H, W, C] + filter [h, w, C] over each window."""
    kernel = tuple(filter.shape[:2])
    if same:
        inner = x.movedim(-1, 1)
        inner = pad_same(inner, kernel, tuple(stride), tuple(dilation), -torch.inf)
        x = inner.movedim(1, -1)
    taken = sliding_windows(x, kernel, stride, dilation)
    return (taken + filter).flatten(3, 4).max(3).values


def dilation2d_grad_input(
    x: Tensor,
    filter: Tensor,
    grad: Tensor,
    stride: Sequence[int],
    dilation: Sequence[int],
    same: bool = False,
) -> Tensor:
    """Each maximum's gradient goes to the first cell that attains it."""

    def dilated(x: Tensor) -> Tensor:
        return dilation2d(x, filter, stride, dilation, same)

    return torch.func.vjp(dilated, x)[1](grad)[0]


def dilation2d_grad_filter(
    x: Tensor,
    filter: Tensor,
    grad: Tensor,
    stride: Sequence[int],
    dilation: Sequence[int],
    same: bool = False,
) -> Tensor:
    """The same by the filter."""

    def dilated(filter: Tensor) -> Tensor:
        return dilation2d(x, filter, stride, dilation, same)

    return torch.func.vjp(dilated, filter)[1](grad)[0]
