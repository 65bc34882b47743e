"""XLA's gathers, scatters and windows, by the general definition of each."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tf2torch.rules.helpers.xla import pad_edges, pad_inner


def index_vectors(indices: Tensor, vector: int) -> Tensor:
    """Index vectors along the last axis; scalars become vectors of one."""
    if vector == indices.ndim:
        return indices.unsqueeze(-1).long()
    return indices.movedim(vector, -1).long()


def window_places(
    starts: Sequence[Tensor | None], sizes: Sequence[int], rank: int
) -> list[Tensor]:
    """For each axis the indices [*starts, *sizes] of all windows, broadcastable."""
    device = next((s.device for s in starts if s is not None), None)
    places = []
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        steps = torch.arange(size, device=device)
        steps = steps.reshape(-1, *[1] * (len(sizes) - 1 - axis))
        if start is not None:
            steps = start.reshape(*start.shape, *[1] * len(sizes)) + steps
        places.append(steps)
    return places


def xla_gather(
    x: Tensor,
    indices: Tensor,
    sizes: Sequence[int],
    window: Sequence[int],
    dropped: Sequence[int],
    mapped: Sequence[int],
    vector: int,
) -> Tensor:
    """Windows of ``x``, moved until they fit, one for each index vector."""
    vectors = index_vectors(indices, vector)
    starts: list[Tensor | None] = [None] * x.ndim
    for k, axis in enumerate(mapped):
        starts[axis] = vectors[..., k].clamp(0, x.shape[axis] - sizes[axis])
    places = window_places(starts, sizes, x.ndim)
    shape = (*vectors.shape[:-1], *sizes)
    found = x[tuple(places)].expand(shape) if x.ndim else x.expand(shape)
    batch = vectors.ndim - 1
    found = found.squeeze([batch + axis for axis in dropped])
    kept = range(batch, found.ndim)
    return found.movedim(list(kept), list(window))


def xla_scatter(
    x: Tensor,
    indices: Tensor,
    updates: Tensor,
    window: Sequence[int],
    dropped: Sequence[int],
    mapped: Sequence[int],
    vector: int,
    reduce: str | None = None,
) -> Tensor:
    """``x`` with windows overwritten, or combined by ``sum``, ``prod``, ``amax``…

    A window that does not fit is left out.
    """
    vectors = index_vectors(indices, vector)
    batch = vectors.ndim - 1
    updates = updates.movedim(list(window), list(range(batch, updates.ndim)))
    for axis in sorted(dropped):
        updates = updates.unsqueeze(batch + axis)
    sizes = updates.shape[batch:]
    fits = torch.ones(vectors.shape[:-1], dtype=torch.bool, device=x.device)
    starts: list[Tensor | None] = [None] * x.ndim
    for k, axis in enumerate(mapped):
        start = vectors[..., k]
        fits = fits & (start >= 0) & (start <= x.shape[axis] - sizes[axis])
        starts[axis] = start
    chosen = [None if s is None else s[fits] for s in starts]
    flat = torch.zeros((), dtype=torch.long, device=x.device)
    for axis, place in enumerate(window_places(chosen, sizes, x.ndim)):
        flat = flat * x.shape[axis] + place
    values = updates[fits]
    flat = flat.expand(values.shape).flatten()
    values = values.flatten()
    if reduce is None:
        return x.flatten().index_put((flat,), values).reshape(x.shape)
    return x.flatten().scatter_reduce(0, flat, values, reduce).reshape(x.shape)


def windows(
    x: Tensor,
    value: Tensor | float,
    sizes: Sequence[int],
    strides: Sequence[int],
    base_dilations: Sequence[int],
    dilations: Sequence[int],
    pads: Sequence[int],
) -> Tensor:
    """[*places, *sizes]: every window of ``x`` after inner and outer padding."""
    if any(d != 1 for d in base_dilations):
        x = pad_inner(x, value, [d - 1 for d in base_dilations])
    if any(pads):
        x = pad_edges(x, torch.as_tensor(value, dtype=x.dtype), pads)
    for axis, (size, stride, dilation) in enumerate(
        zip(sizes, strides, dilations, strict=True)
    ):
        x = x.unfold(axis, (size - 1) * dilation + 1, stride)[..., ::dilation]
    return x


def reduce_axes(x: Tensor, axes: Sequence[int], reduce: str) -> Tensor:
    """``x`` reduced by ``sum``, ``prod``, ``amax``, ``amin``, ``all`` or ``any``."""
    function: Callable[..., Tensor] = getattr(torch, reduce)
    if reduce == "sum":
        return torch.sum(x, list(axes), dtype=x.dtype) if axes else x
    if reduce != "prod":
        return function(x, list(axes)) if axes else x
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, dtype=x.dtype)
    return x


def select_and_scatter(
    x: Tensor,
    source: Tensor,
    initial: Tensor | float,
    sizes: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    stays: str,
) -> Tensor:
    """``source`` added where each window of ``x`` has the element that it selects.

    That is the last one for which ``stays`` (``ge`` …) of it and its follower failed.
    """
    ones = [1] * x.ndim
    places = torch.arange(x.numel(), device=x.device).reshape(x.shape)
    places = windows(places, -1, sizes, strides, ones, ones, pads).flatten(x.ndim)
    values = x.flatten()[places.clamp(min=0)]
    compare: Callable[..., Tensor] = getattr(torch, stays)
    best, chosen = values[..., 0], places[..., 0]
    for value, place in zip(values.unbind(-1)[1:], places.unbind(-1)[1:], strict=True):
        moves = (place >= 0) & ((chosen < 0) | ~compare(best, value))
        best, chosen = (
            torch.where(moves, value, best),
            torch.where(moves, place, chosen),
        )
    inside = chosen >= 0
    made = torch.zeros_like(x).flatten() + initial
    return made.index_add(0, chosen[inside], source[inside]).reshape(x.shape)
