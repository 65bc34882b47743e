"""Arithmetic whose value or gradient at 0, at ties or at NaN is TensorFlow's own."""

from typing import Any

import torch
from torch import Tensor


def sign(x: Tensor) -> Tensor:
    """``torch.sign``, but NaN for NaN."""
    return torch.where(x.isnan(), x.detach(), torch.sign(x))


def divide_no_nan(x: Tensor, y: Tensor) -> Tensor:
    """x / y, and 0 (without gradient) where y is 0."""
    zero = y == 0
    return torch.where(zero, 0, x / torch.where(zero, 1, y))


def xdivy(x: Tensor, y: Tensor) -> Tensor:
    """x / y, and 0 (without gradient) where x is 0."""
    zero = x == 0
    return torch.where(zero, 0, x / torch.where(zero, 1, y))


def xlogy(x: Tensor, y: Tensor) -> Tensor:
    """x · log(y), and 0 (without gradient) where x is 0, whatever y is."""
    return torch.xlogy(x, torch.where(x == 0, 1, y))


def xlog1py(x: Tensor, y: Tensor) -> Tensor:
    """x · log(1 + y), and 0 (without gradient) where x is 0, whatever y is."""
    return torch.special.xlog1py(x, torch.where(x == 0, 0, y))


def clip_by_value(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """min(max(x, low), high); ties give their gradient to x."""
    return x.clamp(min=low).clamp(max=high)


class MultiplyNoNan(torch.autograd.Function):
    """x · y, and 0 where y is 0, even if x is infinite or NaN."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        ctx.save_for_backward(x, y)
        return torch.where(y == 0, 0, x * y)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, y = ctx.saved_tensors
        to_x = torch.where(y == 0, 0, grad * y)
        to_y = torch.where(grad == 0, 0, x * grad)
        return to_x.sum_to_size(x.shape), to_y.sum_to_size(y.shape)


def multiply_no_nan(x: Tensor, y: Tensor) -> Tensor:
    """x · y, and 0 where y is 0, even if x is infinite or NaN."""
    return MultiplyNoNan.apply(x, y)


class Root(torch.autograd.Function):
    """√x; no gradient where none comes in, even if x is 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.sqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch.where(grad == 0, 0, grad / (2 * y))


def sqrt(x: Tensor) -> Tensor:
    """√x; no gradient where none comes in, even if x is 0."""
    return Root.apply(x)


class InverseRoot(torch.autograd.Function):
    """1/√x; no gradient where none comes in, even if x is 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.rsqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch.where(grad == 0, 0, -0.5 * grad * y**3)


def rsqrt(x: Tensor) -> Tensor:
    """1/√x; no gradient where none comes in, even if x is 0."""
    return InverseRoot.apply(x)


class Power(torch.autograd.Function):
    """xʸ; the gradient of y takes log(x) as 0 where x is not positive."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        z = torch.pow(x, y)
        ctx.save_for_backward(x, y, z)
        return z

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, y, z = ctx.saved_tensors
        to_x = grad * y * torch.pow(x, y - 1)
        to_y = grad * z * torch.log(torch.where(x > 0, x, 1))
        return to_x.sum_to_size(x.shape), to_y.sum_to_size(y.shape)


def power(x: Tensor, y: Tensor) -> Tensor:
    """xʸ; the gradient of y takes log(x) as 0 where x is not positive."""
    return Power.apply(x, y)


class NextAfter(torch.autograd.Function):
    """The float after x toward y; the gradient of x passes, y has none."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        ctx.shapes = x.shape, y.shape
        return torch.nextafter(x, y)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, y = ctx.shapes
        return grad.sum_to_size(x), torch.zeros_like(grad).sum_to_size(y)


def next_after(x: Tensor, y: Tensor) -> Tensor:
    """The float after x toward y; the gradient of x passes, y has none."""
    return NextAfter.apply(x, y)


def select_rows(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """``torch.where``, in which a vector as condition chooses rows."""
    if condition.ndim == 1:
        condition = condition.reshape(-1, *[1] * (x.ndim - 1))
    return torch.where(condition, x, y)
