"""Bessel functions with their derivatives, which torch does not have."""

import torch
from torch import Tensor

from tf2torch.rules.helpers.slope import with_slope


def bessel_j0(x: Tensor) -> Tensor:
    """J₀, whose derivative is −J₁."""
    z = x.detach()
    return with_slope(x, torch.special.bessel_j0(z), -torch.special.bessel_j1(z))


def bessel_j1(x: Tensor) -> Tensor:
    """J₁, whose derivative is J₀ − J₁ / x, and 1/2 at 0."""
    z = x.detach()
    value = torch.special.bessel_j1(z)
    slope = torch.special.bessel_j0(z) - value / z
    return with_slope(x, value, torch.where(z == 0, 0.5, slope))


def bessel_y0(x: Tensor) -> Tensor:
    """Y₀, whose derivative is −Y₁; −∞ below 0."""
    z = x.detach()
    value = torch.special.bessel_y0(z)
    return with_slope(x, torch.where(z < 0, -torch.inf, value), -bessel_y1(z))


def bessel_y1(x: Tensor) -> Tensor:
    """Y₁, whose derivative is Y₀ − Y₁ / x; −∞ below 0."""
    z = x.detach()
    value = torch.where(z < 0, -torch.inf, torch.special.bessel_y1(z))
    return with_slope(x, value, torch.special.bessel_y0(z) - value / z)


def bessel_k0(x: Tensor) -> Tensor:
    """K₀, whose derivative is −K₁; ∞ below 0."""
    z = x.detach()
    value = torch.special.modified_bessel_k0(z)
    return with_slope(x, torch.where(z < 0, torch.inf, value), -bessel_k1(z))


def bessel_k1(x: Tensor) -> Tensor:
    """K₁, whose derivative is −K₀ − K₁ / x; ∞ below 0."""
    z = x.detach()
    value = torch.where(z < 0, torch.inf, torch.special.modified_bessel_k1(z))
    return with_slope(x, value, -torch.special.modified_bessel_k0(z) - value / z)


def bessel_k0e(x: Tensor) -> Tensor:
    """eˣ · K₀, whose derivative is itself less eˣ · K₁; ∞ below 0."""
    z = x.detach()
    value = torch.special.scaled_modified_bessel_k0(z)
    value = torch.where(z < 0, torch.inf, value)
    return with_slope(x, value, value - bessel_k1e(z))


def bessel_k1e(x: Tensor) -> Tensor:
    """eˣ · K₁, whose derivative is (1 − 1/x) · itself − eˣ · K₀; ∞ below 0."""
    z = x.detach()
    value = torch.special.scaled_modified_bessel_k1(z)
    value = torch.where(z < 0, torch.inf, value)
    slope = value * (1 - 1 / z) - torch.special.scaled_modified_bessel_k0(z)
    return with_slope(x, value, slope)
