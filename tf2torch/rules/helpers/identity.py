"""Identities that say something about gradients."""

from typing import Any

import torch
from torch import Tensor


class _PreventGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        raise LookupError("this value has no gradient, as in TensorFlow")


def prevent_gradient(x: Tensor) -> Tensor:
    """``x``; to differentiate it is an error."""
    same: Tensor = _PreventGradient.apply(x)
    return same
