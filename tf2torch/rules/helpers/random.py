"""Draws that torch has no one function for."""

from collections.abc import Sequence

import torch
from torch import Tensor


def random_truncated_normal(size: Sequence[int]) -> Tensor:
    """Standard normal within two deviations."""
    return torch.nn.init.trunc_normal_(torch.empty(size), a=-2.0, b=2.0)


def random_truncated_between(
    size: Sequence[int], mean: Tensor, std: Tensor, low: Tensor, high: Tensor
) -> Tensor:
    """Normal between ``low`` and ``high``, by the inverse of the distribution.

    The parameters have one value for each row of the result, or one for all.
    """
    mean, std, low, high = (
        p.double().reshape(-1, *[1] * (len(size) - 1)) if p.numel() > 1 else p.double()
        for p in (mean, std, low, high)
    )
    first, last = (torch.special.ndtr((bound - mean) / std) for bound in (low, high))
    share = torch.rand(size, dtype=torch.float64, device=mean.device)
    drawn = torch.special.ndtri(first + share * (last - first)) * std + mean
    return drawn.clamp(low, high)


def random_gamma(size: Sequence[int], alpha: Tensor) -> Tensor:
    """``size`` draws for each of ``alpha``, with its implicit gradient."""
    return torch._standard_gamma(alpha.expand(*size, *alpha.shape))


def random_poisson(size: Sequence[int], rate: Tensor) -> Tensor:
    """``size`` draws for each of ``rate``."""
    rate = rate if rate.is_floating_point() else rate.double()
    return torch.poisson(rate.expand(*size, *rate.shape))


def random_binomial(size: Sequence[int], counts: Tensor, probs: Tensor) -> Tensor:
    """Draws of shape ``size``, whose last axes are those of both, float64."""
    count, share = (p.detach().double().expand(size) for p in (counts, probs))
    return torch.binomial(count, share)


def random_crop(image: Tensor, size: Sequence[int]) -> Tensor:
    """A window of ``size`` rows and columns, anywhere in [height, width, channels]."""
    top = int(torch.randint(image.shape[0] - size[0] + 1, ()))
    left = int(torch.randint(image.shape[1] - size[1] + 1, ()))
    return image[top : top + size[0], left : left + size[1]]
