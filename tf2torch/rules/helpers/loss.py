"""Losses whose registered gradient is TensorFlow's own."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


class SoftmaxCrossEntropy(torch.autograd.Function):
    """-Σ labels·log softmax(logits), with gradient softmax - labels.

    The true gradient by the logits is Σlabels·softmax - labels: the two differ where
    a row of labels does not add up to 1.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        ctx.save_for_backward(logits, labels)
        return -(labels * F.log_softmax(logits, -1)).sum(-1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        logits, labels = ctx.saved_tensors
        log_probs, grad = F.log_softmax(logits, -1), grad[:, None]
        return grad * (log_probs.exp() - labels), -grad * log_probs


def softmax_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The loss of each row of [rows, classes]; rows or classes of size 1 broadcast."""
    return SoftmaxCrossEntropy.apply(*torch.broadcast_tensors(logits, labels))
