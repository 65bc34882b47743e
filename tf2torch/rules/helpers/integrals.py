"""Functions that are integrals, with their derivatives."""

import math

import torch
from torch import Tensor

from tf2torch.rules.helpers.slope import with_slope


def dawson(x: Tensor) -> Tensor:
    """exp(−x²) times the integral of exp(t²) from 0 to x; its derivative is 1 − 2xy.

    Rybicki's sum of Gaussians at odd multiples of a step around x, and the power
    series near 0.
    """
    z, step = x.detach().double(), 0.2
    center = 2 * torch.round(z.clamp(-1e9, 1e9) / (2 * step))
    total = torch.zeros_like(z)
    for offset in range(-35, 36, 2):
        n = center + offset
        total = total + torch.exp(-((z - n * step) ** 2)) / n
    square = z * z
    series = z * (1 - 2 / 3 * square * (1 - 2 / 5 * square * (1 - 2 / 7 * square)))
    y = torch.where(z.abs() < 0.01, series, total / math.sqrt(math.pi))
    y = torch.where(z.abs() > 1e7, 0.5 / z, y)
    return with_slope(x, y.to(x.dtype), (1 - 2 * z * y).to(x.dtype))


def expint(x: Tensor) -> Tensor:
    """Ei(x), the integral of eᵗ / t up to x; NaN below 0, −∞ at 0.

    The power series, and from 40 on the asymptotic one.
    """
    z = x.detach().double()
    small = z.clamp(max=40)
    term, total = torch.ones_like(z), torch.zeros_like(z)
    for k in range(1, 160):
        term = term * small / k
        total = total + term / k
    near = 0.5772156649015329 + torch.log(small) + total
    term, total = torch.ones_like(z), torch.ones_like(z)
    for k in range(1, 40):
        term = term * k / z.clamp(min=40)
        total = total + term
    y = torch.where(z < 40, near, torch.exp(z) / z * total)
    y = torch.where(z.isinf(), torch.nan, y)
    return with_slope(x, y.to(x.dtype), (torch.exp(z) / z).to(x.dtype))


def gauss_legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1], from the eigenvectors of the Jacobi matrix."""
    k = torch.arange(1, count, dtype=torch.float64)
    side = k / torch.sqrt(4 * k * k - 1)
    nodes, vectors = torch.linalg.eigh(torch.diag(side, 1) + torch.diag(side, -1))
    return (nodes + 1) / 2, vectors[0] ** 2


def fresnel(x: Tensor) -> tuple[Tensor, Tensor]:
    """The integrals of sin and cos of πt²/2 from 0 to x, in double precision.

    A quadrature, and beyond 6 the asymptotic expansion around 1/2.
    """
    z = x.detach().double()
    nodes, weights = (t.to(z.device) for t in gauss_legendre(80))
    near = z.clamp(-6, 6).unsqueeze(-1)
    angle = math.pi / 2 * (near * nodes) ** 2
    sine = (near * torch.sin(angle) * weights).sum(-1)
    cosine = (near * torch.cos(angle) * weights).sum(-1)
    far = z.abs().clamp(min=6)
    turn = 1 / (math.pi * far * far)
    f = (1 - 3 * turn**2 + 105 * turn**4 - 10395 * turn**6) / (math.pi * far)
    g = (1 - 15 * turn**2 + 945 * turn**4 - 135135 * turn**6) * turn / (math.pi * far)
    phase = math.pi / 2 * torch.remainder(far * far, 4)
    s, c = torch.sin(phase), torch.cos(phase)
    outer_sine, outer_cosine = 0.5 - f * c - g * s, 0.5 + f * s - g * c
    outside = z.abs() > 6
    limit = far.isinf()
    outer_sine = torch.where(limit, 0.5, outer_sine) * z.sign()
    outer_cosine = torch.where(limit, 0.5, outer_cosine) * z.sign()
    return (
        torch.where(outside, outer_sine, sine),
        torch.where(outside, outer_cosine, cosine),
    )


def fresnel_sin(x: Tensor) -> Tensor:
    """The integral of sin(πt²/2) from 0 to x."""
    slope = torch.sin(math.pi / 2 * x.detach().square())
    return with_slope(x, fresnel(x)[0].to(x.dtype), slope)


def fresnel_cos(x: Tensor) -> Tensor:
    """The integral of cos(πt²/2) from 0 to x."""
    slope = torch.cos(math.pi / 2 * x.detach().square())
    return with_slope(x, fresnel(x)[1].to(x.dtype), slope)


def spence(x: Tensor) -> Tensor:
    """The dilogarithm Li₂(1 − x): a power series, mirrored into |1 − x| ≤ 1/2."""
    z = x.detach().double()
    inverted, reflected = z > 1.5, z < 0.5
    w = torch.where(inverted, 1 / z, z)
    reflected = reflected | (inverted & (w < 0.5))
    v = torch.where(reflected, 1 - w, w)
    term, total = torch.ones_like(z), torch.zeros_like(z)
    for k in range(1, 60):
        term = term * (1 - v)
        total = total + term / (k * k)
    mirror = math.pi**2 / 6 - torch.xlogy(torch.log1p(-w), w) - total
    y = torch.where(reflected, mirror, total)
    y = torch.where(inverted, -0.5 * torch.log(z) ** 2 - y, y)
    y = torch.where((z < 0) | z.isinf(), torch.nan, y)
    slope = torch.where(z == 1, -1, torch.log(z) / (1 - z))
    return with_slope(x, y.to(x.dtype), slope.to(x.dtype))
