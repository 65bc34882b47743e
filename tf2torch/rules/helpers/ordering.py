"""Order as TensorFlow defines it, ties included."""

import torch
from torch import Tensor


def top_k(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k greatest along the last axis and where they are; of equals the first."""
    values, indices = x.sort(dim=-1, descending=True, stable=True)
    return values[..., :k], indices[..., :k]


def in_top_k(predictions: Tensor, targets: Tensor, k: int) -> Tensor:
    """Is the target's prediction among the k greatest? Never when one is not finite."""
    classes = predictions.shape[1]
    known = (targets >= 0) & (targets < classes) & predictions.isfinite().all(1)
    index = targets.long().clamp(0, max(classes - 1, 0)).unsqueeze(1)
    greater = predictions > predictions.gather(1, index)
    return known & (greater.sum(1) < k)


def nth_element(x: Tensor, n: int, reverse: bool) -> Tensor:
    """The n-th least (or greatest) along the last axis; equals share its gradient."""
    nth = x.detach().sort(-1, descending=reverse).values[..., n : n + 1]
    equal = x == nth
    shares = torch.where(equal, x, 0).sum(-1) / equal.sum(-1)
    return shares if x.is_floating_point() else nth[..., 0]


def unique(x: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Distinct slices as they first appear, where each one goes, how many there are."""
    # torch sorts numbers with NaN among them, but not slices.
    dim = None if x.ndim == 1 else axis
    _, places, counts = torch.unique(
        x, return_inverse=True, return_counts=True, dim=dim
    )
    first = torch.full_like(counts, len(places))
    steps = torch.arange(len(places), device=x.device)
    first, order = first.scatter_reduce(0, places, steps, "amin").sort()
    return x.index_select(axis, first), order.argsort()[places], counts[order]


def histogram(values: Tensor, bounds: Tensor, bins: int) -> Tensor:
    """Counts in ``bins`` equal bins; what lies outside is in the first or last one."""
    low, high = bounds.double().unbind()
    width = (high - low) / bins
    places = (
        ((values.flatten().double() - low) / width).floor().clamp(0, bins - 1).long()
    )
    counts = torch.zeros(bins, dtype=torch.int64, device=values.device)
    return counts.index_add(0, places, torch.ones_like(places))
