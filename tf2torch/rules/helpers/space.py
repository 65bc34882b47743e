"""TensorFlow's moves of spatial blocks into the batch and back."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F


def space_to_batch(
    x: Tensor, block: Sequence[int], paddings: Sequence[Sequence[int]]
) -> Tensor:
    """Pad [N, spatial..., rest...], then split each spatial axis by its block size.

    A cell's place within its block becomes the slow part of the batch index.
    """
    count = len(block)
    flat = [amount for pair in reversed(paddings) for amount in pair]
    x = F.pad(x, [0, 0] * (x.dim() - 1 - count) + flat)
    for axis, size in enumerate(block):
        x = x.unflatten(1 + 2 * axis, (-1, size))
    places = range(2, 2 * count + 1, 2)
    cells = range(1, 2 * count, 2)
    rest = range(2 * count + 1, x.dim())
    return x.permute(*places, 0, *cells, *rest).flatten(0, count)


def batch_to_space(
    x: Tensor, block: Sequence[int], crops: Sequence[Sequence[int]]
) -> Tensor:
    """Undo ``space_to_batch``, then cut ``crops`` off each spatial axis."""
    count = len(block)
    x = x.unflatten(0, (*block, -1))
    order = [count]
    for axis in range(count):
        order += [count + 1 + axis, axis]
    x = x.permute(*order, *range(2 * count + 1, x.dim()))
    for axis, (begin, end) in enumerate(crops):
        x = x.flatten(1 + axis, 2 + axis)
        x = x.narrow(1 + axis, begin, x.shape[1 + axis] - begin - end)
    return x
