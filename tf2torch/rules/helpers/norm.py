"""Statistics of a batch as TensorFlow's fused kernels compute them."""

from torch import Tensor, nn


def unbiased_variance(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The variance over n - 1; over 1 where there is a single element."""
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return x.var(axes, correction=0) * (count / max(count - 1, 1))


class LayerNorm2d(nn.LayerNorm):
    """LayerNorm over the channels of [N, C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
