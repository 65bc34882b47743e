"""Sliding windows of channels-last tensors."""

from collections.abc import Sequence

from torch import Tensor


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
