"""Sparse tensors as TensorFlow has them: indices [n, rank], values [n] and shape."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def flat_index(indices: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """Row-major position of every row of ``indices``."""
    flat = indices.new_zeros(indices.shape[0])
    for axis, size in enumerate(shape):
        flat = flat * size + indices[:, axis]
    return flat


def unflat_index(flat: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """The inverse of ``flat_index``."""
    columns = []
    for size in reversed([int(s) for s in shape]):
        columns.append(flat % size if size else flat)
        flat = flat // size if size else flat
    columns.reverse()
    return torch.stack(columns, 1) if columns else flat.new_zeros(len(flat), 0)


def sparse_order(indices: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """The permutation that sorts the indices row-major."""
    return flat_index(indices, shape).argsort(stable=True)


def sparse_reshape(
    indices: Tensor, shape: Tensor, new_shape: Sequence[int | Tensor] | Tensor
) -> tuple[Tensor, Tensor]:
    """Indices and shape after a reshape; one new size may be -1."""
    sizes = [int(size) for size in new_shape]
    if -1 in sizes:
        total = int(torch.as_tensor(shape).prod())
        known = -int(np.prod(sizes))
        sizes[sizes.index(-1)] = total // known if known else 0
    moved = unflat_index(flat_index(indices, shape), sizes)
    return moved, torch.tensor(sizes, dtype=torch.int64)


def sparse_to_dense(
    indices: Tensor,
    shape: Sequence[int | Tensor] | Tensor,
    values: Tensor,
    default: Tensor | float = 0,
) -> Tensor:
    """A dense tensor of ``default`` with ``values`` at ``indices``."""
    sizes = [int(size) for size in shape]
    fill = torch.as_tensor(default, dtype=values.dtype, device=values.device)
    places = indices.reshape(-1, len(sizes)).long()
    rows = tuple(places.unbind(1))
    return fill.expand(sizes).index_put(rows, values.expand(places.shape[0]))


def sparse_strings_to_dense(
    indices: Tensor,
    shape: Sequence[int | Tensor] | Tensor,
    values: np.ndarray,
    default: np.ndarray | bytes = b"",
) -> np.ndarray:
    """``sparse_to_dense`` of strings."""
    sizes = [int(size) for size in shape]
    dense = np.full(sizes, default, dtype=object)
    dense[tuple(indices.reshape(-1, len(sizes)).numpy().T)] = values
    return dense


def sparse_slice_places(
    indices: Tensor,
    shape: Tensor,
    start: Sequence[int] | Tensor,
    size: Sequence[int] | Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Which entries lie in the box, their indices in it, and the shape of the box."""
    first = torch.as_tensor(start)
    last = torch.minimum(first + torch.as_tensor(size), torch.as_tensor(shape))
    inside = ((indices >= first) & (indices < last)).all(1)
    return inside, indices[inside] - first, (last - first).clamp(min=0)


def sparse_concat_indices(
    indices: Sequence[Tensor], shapes: Sequence[Tensor], axis: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Indices, order of the joined values, and shape of a concatenation."""
    moved, offset = [], 0
    for index, shape in zip(indices, shapes, strict=True):
        shift = torch.zeros_like(index)
        shift[:, axis] = offset
        moved.append(index + shift)
        offset += int(shape[axis])
    whole = shapes[0].clone()
    whole[axis] = offset
    joined = torch.cat(moved)
    order = sparse_order(joined, whole)
    return joined[order], order, whole


def sparse_split_places(
    indices: Tensor, shape: Tensor, axis: int, count: int
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Per part the entries in it, their indices, and its shape; first the longer."""
    total = int(shape[axis])
    parts, first = [], 0
    for part in range(count):
        length = total // count + (part < total % count)
        start, size = torch.zeros_like(shape), shape.clone()
        start[axis], size[axis] = first, length
        parts.append(sparse_slice_places(indices, shape, start, size))
        first += length
    return parts


def sparse_fill_rows(
    indices: Tensor, shape: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """An entry at column 0 for every empty row.

    Returns the indices, the order (positions from n on are the new entries), which
    rows were empty, and where every old entry went.
    """
    rows = int(shape[0])
    empty = torch.bincount(indices[:, 0], minlength=rows) == 0
    added = indices.new_zeros(int(empty.sum()), indices.shape[1])
    added[:, 0] = empty.nonzero().squeeze(1)
    joined = torch.cat((indices, added))
    order = joined[:, 0].argsort(stable=True)
    return joined[order], order, empty, order.argsort()[: indices.shape[0]]


def fill_values(values: Tensor, order: Tensor, default: Tensor | float) -> Tensor:
    """``values``, then ``default``, in ``order``."""
    fill = torch.as_tensor(default, dtype=values.dtype, device=values.device)
    count = order.shape[0] - values.shape[0]
    return torch.cat((values, fill.expand(count)))[order]


def fill_strings(values: np.ndarray, order: Tensor, default: bytes) -> np.ndarray:
    """``fill_values`` of strings."""
    extra = np.full(len(order) - len(values), default, dtype=object)
    return np.concatenate((values, extra))[order.numpy()]


def fill_gradients(places: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of the old entries, and of the default that filled the others."""
    filled = torch.ones(grad.shape[0], dtype=torch.bool, device=grad.device)
    filled = filled.index_fill(0, places, False)
    return grad[places], grad[filled].sum()


def merge_entries(
    first: Tensor, second: Tensor, shape: Sequence[int] | Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The union of two index lists, and the place of each entry in it."""
    flat = torch.cat((flat_index(first, shape), flat_index(second, shape)))
    union, place = torch.unique(flat, return_inverse=True)
    count = first.shape[0]
    return unflat_index(union, shape), place[:count], place[count:]
