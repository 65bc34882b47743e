"""Candidate samplers of TensorFlow 1: classes drawn to stand for all of them."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Sampled = tuple[Tensor, Tensor, Tensor]


def random_uniform_candidates(
    true: Tensor, count: int, size: int, unique: bool
) -> Sampled:
    """``count`` of ``size`` classes, all alike; see ``sampled_candidates``."""
    return sampled_candidates(
        true,
        count,
        unique,
        lambda n: torch.randint(size, (n,)),
        lambda ids: torch.full(ids.shape, 1 / size, dtype=torch.float64),
    )


def random_log_uniform_candidates(
    true: Tensor, count: int, size: int, unique: bool
) -> Sampled:
    """Class k has the share (log(k + 2) − log(k + 1)) / log(size + 1)."""
    span = math.log1p(size)
    return sampled_candidates(
        true,
        count,
        unique,
        lambda n: (
            (torch.rand(n, dtype=torch.float64) * span).exp().long().sub(1) % size
        ),
        lambda ids: torch.log1p(1 / (ids.double() + 1)) / span,
    )


def random_weighted_candidates(
    true: Tensor, count: int, weights: Tensor | Sequence[float], unique: bool
) -> Sampled:
    """Classes in proportion to their weights."""
    shares = torch.as_tensor(weights, dtype=torch.float64)
    shares = shares / shares.sum()
    return sampled_candidates(
        true,
        count,
        unique,
        lambda n: torch.multinomial(shares, n, replacement=True),
        lambda ids: shares[ids],
    )


def sampled_candidates(
    true: Tensor,
    count: int,
    unique: bool,
    draw: Callable[[int], Tensor],
    share: Callable[[Tensor], Tensor],
) -> Sampled:
    """(classes, expected count of the true ones, expected count of the classes).

    ``unique``: classes are drawn until ``count`` of them differ; a class is then
    expected 1 − (1 − share)ᵗ times after t draws, else share · count times.
    """
    if not unique:
        classes = draw(count)
        return classes, (share(true) * count).float(), (share(classes) * count).float()
    found: dict[int, None] = {}
    tries = 0
    while len(found) < count:
        for drawn in draw(count).tolist():
            found[drawn] = None
            tries += 1
            if len(found) == count:
                break
    classes = torch.tensor(list(found), dtype=torch.int64)
    if tries == count:
        return classes, (share(true) * count).float(), (share(classes) * count).float()
    expected = [-torch.expm1(tries * torch.log1p(-share(c))) for c in (true, classes)]
    return classes, expected[0].float(), expected[1].float()


def accidental_hits(true: Tensor, sampled: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where a sampled class is a true one: its row, its place, and the weight −max."""
    equal = true.unsqueeze(-1) == sampled
    row, number = torch.where(equal.any(-1))
    places = torch.arange(len(sampled), device=sampled.device)
    last = torch.where(equal, places, -1).amax(-1)[row, number]
    lowest = torch.finfo(torch.float32).min
    return row.int(), last, torch.full(row.shape, lowest, device=sampled.device)
