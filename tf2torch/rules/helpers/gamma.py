"""Incomplete gamma and beta functions and polygamma, with TensorFlow's gradients."""

from typing import Any

import torch
from torch import Tensor

from tf2torch.rules.helpers.slope import with_slope


def digamma(x: Tensor) -> Tensor:
    """The derivative of log Γ; NaN at 0, where torch has −∞."""
    return torch.where(x == 0, torch.nan, torch.digamma(x))


def polygamma(order: Tensor, x: Tensor) -> Tensor:
    """The derivative of digamma of that order; NaN unless the order is 0, 1, 2, ..."""
    order = order.detach()
    sign = torch.where(order % 2 == 0, -1, 1).to(x.dtype)
    made = sign * torch.exp(torch.lgamma(order + 1)) * torch.special.zeta(order + 1, x)
    made = torch.where(order == 0, digamma(x), made)
    return torch.where((order < 0) | (order != order.floor()), torch.nan, made)


def igamma_grad_a(a: Tensor, x: Tensor) -> Tensor:
    """∂P(a, x)/∂a of the regularised lower incomplete gamma function P.

    P is the sum over n ≥ 0 of the terms xˢ · e⁻ˣ / Γ(s + 1) with s = a + n, each of
    which has the derivative (log x − ψ(s + 1)) times itself. Beyond x = 10⁵ it is NaN,
    or 0 if P has come to 1.
    """
    a, x = torch.broadcast_tensors(a.detach(), x.detach())
    z = torch.where(x > 1e5, torch.nan, x).double().unsqueeze(-1)
    top = float(z.nan_to_num(0.0).max()) if z.numel() else 0.0
    steps = torch.arange(int(top + 12 * top**0.5) + 64, device=x.device)
    s = a.double().unsqueeze(-1) + steps
    terms = torch.exp(s * torch.log(z) - z - torch.lgamma(s + 1))
    made = (terms * (torch.log(z) - torch.digamma(s + 1))).sum(-1)
    constant = (x == 0) | (x > 1e5) & (x > 2 * a)
    made = torch.where(constant, torch.zeros_like(made), made)
    return torch.where((x == 0) | (a > 0) & (x > 0), made, torch.nan).to(x.dtype)


def gamma_sample_grad(alpha: Tensor, sample: Tensor) -> Tensor:
    """How a gamma draw moves with its shape parameter: −∂P/∂a over the density."""
    a, x = alpha.detach().double(), sample.detach().double()
    density = torch.exp(torch.xlogy(a - 1, x) - x - torch.lgamma(a))
    made = -igamma_grad_a(a, x) / density
    return torch.where(x > 0, made, torch.zeros_like(made)).to(sample.dtype)


class RegularizedGamma(torch.autograd.Function):
    """P(a, x), or Q = 1 − P, with the gradients of both operands."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, x: Tensor, upper: bool) -> Tensor:
        ctx.save_for_backward(a, x)
        ctx.sign = -1 if upper else 1
        made = (torch.special.gammaincc if upper else torch.special.gammainc)(a, x)
        undefined = (a <= 0) | a.isnan() | x.isnan()
        if not upper:
            made, undefined = torch.where(x == 0, 0, made), undefined & (x != 0)
        return torch.where(undefined, torch.nan, made)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        a, x = ctx.saved_tensors
        grad = grad * ctx.sign
        to_a = grad * igamma_grad_a(a, x)
        to_x = grad * torch.exp((a - 1) * torch.log(x) - x - torch.lgamma(a))
        return to_a.sum_to_size(a.shape), to_x.sum_to_size(x.shape), None


def igamma(a: Tensor, x: Tensor) -> Tensor:
    """The regularised lower incomplete gamma function."""
    return RegularizedGamma.apply(a, x, False)


def igammac(a: Tensor, x: Tensor) -> Tensor:
    """The regularised upper incomplete gamma function."""
    return RegularizedGamma.apply(a, x, True)


def betainc(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """The regularised incomplete beta function; TensorFlow has the gradient of x only.

    Its continued fraction converges quickly below the mean of the distribution; above
    it, the function is one less the mirrored one.
    """
    shape = x.shape
    p, q, z = torch.broadcast_tensors(a.double(), b.double(), x.detach().double())
    mirrored = z > (p + 1) / (p + q + 2)
    p, q = torch.where(mirrored, q, p), torch.where(mirrored, p, q)
    z = torch.where(mirrored, 1 - z, z)
    log_beta = torch.lgamma(p) + torch.lgamma(q) - torch.lgamma(p + q)
    front = torch.exp(torch.xlogy(p, z) + torch.special.xlog1py(q, -z) - log_beta) / p
    made = front * beta_fraction(p, q, z)
    made = torch.where(mirrored, 1 - made, made)
    valid = (p > 0) & (q > 0) & (z >= 0) & (z <= 1)
    made = torch.where(valid, made, torch.nan).to(x.dtype)
    log_beta = torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
    power = torch.special.xlog1py(b - 1, -x) + torch.xlogy(a - 1, x) - log_beta
    return with_slope(x.expand(shape), made, torch.exp(power))


def beta_fraction(p: Tensor, q: Tensor, z: Tensor) -> Tensor:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c = torch.ones_like(z)
    d = 1 / (1 - (p + q) * z / (p + 1))
    made = d
    for n in range(1, 300):
        even = n * (q - n) * z / ((p + 2 * n - 1) * (p + 2 * n))
        odd = -(p + n) * (p + q + n) * z / ((p + 2 * n) * (p + 2 * n + 1))
        for step in (even, odd):
            d = 1 / torch.where((1 + step * d).abs() < tiny, tiny, 1 + step * d)
            c = torch.where((1 + step / c).abs() < tiny, tiny, 1 + step / c)
            made = made * c * d
    return made
