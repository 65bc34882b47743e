"""Connectionist temporal classification on TensorFlow's sparse labels."""

import torch
from torch import Tensor
from torch.nn import functional as F


def ctc_loss(
    logits: Tensor,
    indices: Tensor,
    values: Tensor,
    lengths: Tensor,
    blank: int,
    ignore_longer: bool = False,
) -> Tensor:
    """[T, B, C] logits, labels ``values`` at (batch, place) ``indices`` → loss [B].

    ``ignore_longer``: 0 where the labels do not fit into the frames.
    """
    return F.ctc_loss(
        logits.log_softmax(2),
        values.long(),
        lengths.long(),
        torch.bincount(indices[:, 0], minlength=logits.shape[1]),
        blank=blank % logits.shape[2],
        reduction="none",
        zero_infinity=ignore_longer,
    )


def ctc_loss_grad(
    logits: Tensor,
    indices: Tensor,
    values: Tensor,
    lengths: Tensor,
    blank: int,
    ignore_longer: bool = False,
) -> Tensor:
    """The gradient of each loss by its logits, [T, B, C]."""

    def loss(logits: Tensor) -> Tensor:
        return ctc_loss(logits, indices, values, lengths, blank, ignore_longer)

    return torch.func.vjp(loss, logits)[1](logits.new_ones(logits.shape[1]))[0]


def ctc_greedy_decode(
    logits: Tensor, lengths: Tensor, blank: int, merge_repeated: bool = False
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The best class of every frame of [T, B, C], blanks dropped, as a sparse tensor.

    Indices [N, 2], values [N], shape [2], and minus the sum of the logits taken [B, 1].
    """
    best, classes = logits.max(2)
    frames = torch.arange(len(logits), device=logits.device)[:, None]
    counts = frames < lengths
    keep = counts & (classes != blank % logits.shape[2])
    if merge_repeated:
        keep[1:] &= classes[1:] != classes[:-1]
    score = -(best * counts).sum(0)[:, None]
    keep, classes = keep.T, classes.T
    places = keep.cumsum(1) - 1
    rows = torch.arange(len(keep), device=logits.device)[:, None].expand_as(keep)
    indices = torch.stack([rows[keep], places[keep]], 1)
    longest = keep.sum(1).max()
    shape = torch.stack([longest.new_tensor(len(keep)), longest])
    return indices, classes[keep], shape, score
