"""Statistics of a batch as TensorFlow's fused kernels compute them."""

from torch import Tensor


def unbiased_variance(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The variance over n - 1; over 1 where there is a single element."""
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return x.var(axes, correction=0) * (count / max(count - 1, 1))
