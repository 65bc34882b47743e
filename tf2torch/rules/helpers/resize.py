"""Resizing as TensorFlow does it where torch has no such mode. All of [N, C, H, W]."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

MIN_WEIGHT = 1000 * torch.finfo(torch.float32).tiny


def resize_nearest(
    x: Tensor,
    size: Sequence[int],
    align_corners: bool = False,
    half_pixel: bool = False,
) -> Tensor:
    """The nearest pixel: floor(i·s), floor((i + ½)·s), or i·s rounded half up."""
    for axis, count in zip((2, 3), size, strict=True):
        source = source_places(x, axis, count, align_corners)
        if half_pixel:
            source = source + 0.5 * axis_scale(x.shape[axis], count, False)
        index = (source + 0.5 if align_corners else source).floor().long()
        x = x.index_select(axis, index.clamp(max=x.shape[axis] - 1))
    return x


def resize_bilinear(x: Tensor, size: Sequence[int]) -> Tensor:
    """TF1's bilinear resize: pixel i lies at i·in/out, without a half-pixel shift."""
    for axis, count in zip((3, 2), size[::-1], strict=True):
        source = source_places(x, axis, count, False)
        low = source.floor().long().clamp(max=x.shape[axis] - 1)
        high = (low + 1).clamp(max=x.shape[axis] - 1)
        share = (source - low).reshape([-1] + [1] * (3 - axis))
        first, second = x.index_select(axis, low), x.index_select(axis, high)
        x = first + (second - first) * share
    return x


def resize_bicubic(
    x: Tensor,
    size: Sequence[int],
    align_corners: bool = False,
    half_pixel: bool = False,
) -> Tensor:
    """Cubic convolution with weights from a table of 1024 steps.

    With ``half_pixel`` Keys' kernel (a = -0.5), and pixels outside of the image count
    nothing; without, a = -0.75 and border pixels are repeated.
    """
    for axis, count in zip((3, 2), size[::-1], strict=True):
        length = x.shape[axis]
        source = source_places(x, axis, count, align_corners)
        if half_pixel:
            source = source + 0.5 * axis_scale(length, count, align_corners) - 0.5
        base = source.floor()
        share = torch.round((source - base) * 1024) / 1024
        taps = torch.arange(-1, 3, device=x.device)
        index = base.long()[:, None] + taps
        weights = cubic((share[:, None] - taps).abs(), -0.5 if half_pixel else -0.75)
        if half_pixel:
            weights = weights * ((index >= 0) & (index < length))
            weights = weights / weights.sum(1, keepdim=True)
        pixels = x.index_select(axis, index.clamp(0, length - 1).flatten())
        pixels = pixels.unflatten(axis, (count, 4))
        weights = weights.reshape([count, 4] + [1] * (3 - axis))
        x = (pixels * weights).sum(axis + 1)
    return x


def resize_area(x: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Each new pixel is the mean of the area that it covers."""
    for axis, count in zip((2, 3), size, strict=True):
        scale = axis_scale(x.shape[axis], count, align_corners)
        places = torch.arange(count, device=x.device)[:, None]
        pixels = torch.arange(x.shape[axis], device=x.device)
        ends = (pixels + 1).to(x.dtype)
        ends[-1] = torch.inf  # beyond the border its pixel is repeated
        covered = torch.minimum(ends, (places + 1) * scale)
        covered = covered - torch.maximum(pixels, places * scale)
        x = weighted(x, axis, covered.clamp(min=0) / scale)
    return x


def axis_scale(length: int, count: int, align_corners: bool) -> float:
    """Old pixels per new one."""
    if align_corners and count > 1:
        return (length - 1) / (count - 1)
    return length / count


def source_places(x: Tensor, axis: int, count: int, align_corners: bool) -> Tensor:
    scale = axis_scale(x.shape[axis], count, align_corners)
    places = torch.arange(count, device=x.device, dtype=torch.float32)
    return places * torch.tensor(scale, device=x.device)


def cubic(t: Tensor, a: float) -> Tensor:
    """The cubic convolution kernel at distances ``t`` from 0 to 2."""
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((t - 5) * t + 8) * t * a - 4 * a
    return torch.where(t <= 1, near, far)


def weighted(x: Tensor, axis: int, weights: Tensor) -> Tensor:
    """Apply weights [new, old] along axis 2 or 3."""
    return weights @ x if axis == 2 else x @ weights.T


def scale_and_translate(
    x: Tensor,
    size: Sequence[int],
    scale: Tensor | Sequence[float],
    translation: Tensor | Sequence[float],
    kernel: str = "lanczos3",
    antialias: bool = True,
) -> Tensor:
    """Sample at (i + ½ - translation) / scale with a kernel; nothing outside."""
    for axis in (2, 3):
        inverse = 1 / torch.as_tensor(scale[axis - 2], device=x.device)
        shift = torch.as_tensor(translation[axis - 2], device=x.device)
        places = torch.arange(size[axis - 2], device=x.device) + 0.5
        source = (places * inverse - shift * inverse)[:, None]
        width = inverse.clamp(min=1) if antialias else torch.ones_like(inverse)
        pixels = torch.arange(x.shape[axis], device=x.device) + 0.5
        weights = kernel_weights(kernel, (pixels - source).abs() / width)
        total = weights.sum(1, keepdim=True)
        weights = torch.where(total.abs() >= MIN_WEIGHT, weights / total, weights)
        inside = (source >= 0) & (source <= x.shape[axis])
        x = weighted(x, axis, (weights * inside).to(x.dtype))
    return x


def kernel_weights(name: str, t: Tensor) -> Tensor:
    """A resampling kernel at distances ``t``."""
    kernels: dict[str, Callable[[Tensor], Tensor]] = {
        "lanczos1": lambda t: lanczos(t, 1),
        "lanczos3": lambda t: lanczos(t, 3),
        "lanczos5": lambda t: lanczos(t, 5),
        "gaussian": gaussian,
        "box": lambda t: 0.5 * (t <= 0.5) + 0.5 * (t < 0.5),
        "triangle": lambda t: (1 - t).clamp(min=0),
        "keyscubic": lambda t: cubic(t, -0.5) * (t < 2),
        "mitchellcubic": mitchell,
    }
    return kernels[name](t)


def lanczos(t: Tensor, radius: int) -> Tensor:
    return torch.sinc(t) * torch.sinc(t / radius) * (t <= radius)


def gaussian(t: Tensor) -> Tensor:
    """Of radius 1.5 and sigma 0.5."""
    return torch.exp(-2 * t * t) * (t < 1.5)


def mitchell(t: Tensor) -> Tensor:
    """Mitchell and Netravali's cubic with B = C = 1/3."""
    near = ((7 * t - 12) * t * t + 16 / 3) / 6
    far = (((-7 / 3 * t + 12) * t - 20) * t + 32 / 3) / 6
    return torch.where(t < 1, near, far) * (t < 2)
