"""Lists of tensors that are copied when they change; None is an element not yet set."""

from collections.abc import Sequence

import torch
from torch import Tensor


def with_item(
    items: Sequence[Tensor | None], index: int, item: Tensor
) -> list[Tensor | None]:
    """A copy of ``items`` with ``item`` at ``index``; it grows as far as needed."""
    items = [*items, *[None] * (int(index) + 1 - len(items))]
    items[int(index)] = item
    return items


def appended(items: Sequence[Tensor | None], item: Tensor) -> list[Tensor | None]:
    """A copy of ``items`` with ``item`` at its end."""
    return [*items, item]


def joined(
    first: Sequence[Tensor | None], second: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """The elements of both lists; as in TensorFlow no gradient passes."""
    return [item if item is None else item.detach() for item in (*first, *second)]


def resized(items: Sequence[Tensor | None], size: int) -> list[Tensor | None]:
    """The first ``size`` elements, filled up with unset ones."""
    return [*items[:size], *[None] * (size - len(items))]


def scattered(
    items: Sequence[Tensor | None], rows: Tensor, indices: Tensor
) -> list[Tensor | None]:
    """A copy of ``items`` with ``rows[k]`` at ``indices[k]``."""
    places = indices.tolist()
    items = [*items, *[None] * (max(places, default=-1) + 1 - len(items))]
    for place, row in zip(places, rows, strict=True):
        items[place] = row
    return items


def filled(items: Sequence[Tensor | None]) -> list[Tensor]:
    """``items`` with zeros, shaped like the others, for elements not set."""
    like = next((item for item in items if item is not None), None)
    if like is None:
        raise ValueError("no element of the list is set, so its shape is unknown")
    return [torch.zeros_like(like) if item is None else item for item in items]


def stacked(items: Sequence[Tensor | None]) -> Tensor:
    """The elements along a new first axis; zeros for unset ones."""
    return torch.stack(filled(items))


def stacked_as(
    items: Sequence[Tensor | None], shape: Sequence[int], dtype: torch.dtype
) -> Tensor:
    """The same where the shape of an element is known, so that none need be set."""
    if all(item is None for item in items):
        return torch.zeros(len(items), *shape, dtype=dtype)
    return stacked(items)


def gathered(items: Sequence[Tensor | None], indices: Tensor) -> Tensor:
    """The elements at ``indices`` along a new first axis; zeros for unset ones."""
    rows = filled(items)
    return torch.stack([rows[index] for index in indices.tolist()])


def lengths(items: Sequence[Tensor]) -> Tensor:
    """The size of each element along its first axis."""
    return torch.tensor([item.shape[0] for item in items], dtype=torch.int64)
