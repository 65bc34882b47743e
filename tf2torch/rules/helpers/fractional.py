"""Fractional pools: regions whose sizes alternate as a pseudo-random sequence says."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from tf2torch.rules.helpers.philox import philox_words


def pooling_words(
    count: int, first_block: int, seeds: tuple[int, int] | None
) -> list[int]:
    """Random 32-bit words: TensorFlow's for these seeds, else any."""
    if seeds is None:
        drawn: list[int] = torch.randint(2**32, (count,)).tolist()
        return drawn
    blocks = first_block + torch.arange(-(-count // 4))
    words = philox_words(torch.tensor([seeds[0], 0, seeds[1]]), blocks)
    found: list[int] = words.flatten().tolist()
    return found


def pooling_sequence(
    size: int,
    ratio: float,
    pseudo_random: bool,
    first_block: int,
    seeds: tuple[int, int] | None,
) -> list[int]:
    """Borders of ⌊size / ratio⌋ regions, of k or k + 1 cells each."""
    count = math.floor(size / ratio)
    small = size // count
    if pseudo_random:
        high, low = pooling_words(4, first_block, seeds)[:2]
        alpha = size / count
        bounds = (small + 2) / alpha - 1, (size + 1 - small) / alpha - (count - 1)
        u = ((high & 0xFFFFF) << 32 | low) * 2.0**-52 * min(bounds)
        inner = [math.ceil(alpha * (i + u)) - 1 for i in range(1, count)]
        return [0, *inner, size]
    steps = [small + 1] * (size % count) + [small] * (count - size % count)
    words = pooling_words(count, first_block, seeds)
    for i in range(count - 1):
        j = i + words[i] % (count - i)
        steps[i], steps[j] = steps[j], steps[i]
    return [sum(steps[:i]) for i in range(count + 1)]


def pooling_sequences(
    x: Tensor,
    ratios: Sequence[float],
    pseudo_random: bool = False,
    seeds: tuple[int, int] | None = None,
) -> tuple[Tensor, Tensor]:
    """The borders of the rows and of the columns of [N, H, W, C]."""
    rows = pooling_sequence(x.shape[1], ratios[0], pseudo_random, 0, seeds)
    used = 1 if pseudo_random else -(-(len(rows) - 1) // 4)
    columns = pooling_sequence(x.shape[2], ratios[1], pseudo_random, used, seeds)
    return torch.tensor(rows, device=x.device), torch.tensor(columns, device=x.device)


def random_pooling_sequences(
    x: Tensor, ratios: Sequence[float], pseudo_random: bool = False
) -> tuple[Tensor, Tensor]:
    """The same, drawn anew in each call."""
    return pooling_sequences(x, ratios, pseudo_random)


def region_cells(borders: Tensor, overlapping: bool) -> tuple[Tensor, Tensor]:
    """[regions, cells] indices along an axis, and which of them count."""
    first, last = borders[:-1, None], borders[1:, None]
    if overlapping:
        last = (last + 1).clamp(max=int(borders[-1]))
    longest = int((last - first).max())
    cells = first + torch.arange(longest, device=borders.device)
    return cells.clamp(max=int(borders[-1]) - 1), cells < last


def region_values(
    x: Tensor, rows: Tensor, columns: Tensor, overlapping: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """[N, R, S, C, cells]: cells of all regions, which count, where they are."""
    down, counts_down = region_cells(rows, overlapping)
    across, counts_across = region_cells(columns, overlapping)
    place = down[:, None, :, None] * x.shape[2] + across[None, :, None, :]
    counts = counts_down[:, None, :, None] & counts_across[None, :, None, :]
    place, counts = place.flatten(2), counts.flatten(2)
    values = x.flatten(1, 2)[:, place].movedim(-1, -2)
    return values, counts.unsqueeze(2), place.unsqueeze(2)


def fractional_max_pool(
    x: Tensor, rows: Tensor, columns: Tensor, overlapping: bool = False
) -> Tensor:
    """The maximum of each region of [N, H, W, C]."""
    values, counts, _ = region_values(x, rows, columns, overlapping)
    lowest = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    return torch.where(counts, values, lowest).max(-1).values


def fractional_avg_pool(
    x: Tensor, rows: Tensor, columns: Tensor, overlapping: bool = False
) -> Tensor:
    """The mean of each region of [N, H, W, C]; that of integers is cut."""
    values, counts, _ = region_values(x, rows, columns, overlapping)
    total = torch.where(counts, values, 0).sum(-1, dtype=x.dtype)
    if x.is_floating_point():
        return total / counts.sum(-1)
    return torch.div(total, counts.sum(-1), rounding_mode="trunc").to(x.dtype)


def fractional_max_pool_grad(
    x: Tensor, grad: Tensor, rows: Tensor, columns: Tensor, overlapping: bool = False
) -> Tensor:
    """``grad`` at the first maximum of each region, zero elsewhere."""
    values, counts, place = region_values(x, rows, columns, overlapping)
    lowest = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    best = torch.where(counts, values, lowest).argmax(-1, keepdim=True)
    chosen = place.expand(values.shape).gather(-1, best).squeeze(-1)
    made = torch.zeros_like(x).flatten(1, 2)
    return made.scatter_add(1, chosen.flatten(1, 2), grad.flatten(1, 2)).reshape(
        x.shape
    )


def fractional_avg_pool_grad(
    size: Sequence[int],
    grad: Tensor,
    rows: Tensor,
    columns: Tensor,
    overlapping: bool = False,
) -> Tensor:
    """``grad`` in equal parts to the cells of each region."""
    made = grad.new_zeros(tuple(size))
    _, counts, place = region_values(made, rows, columns, overlapping)
    shares = (grad / counts.sum(-1)).unsqueeze(-1) * counts
    places = place.expand(shares.shape).movedim(-1, -2).flatten(1, 3)
    flat = made.flatten(1, 2)
    moved = shares.movedim(-1, -2).flatten(1, 3)
    return flat.scatter_add(1, places, moved).reshape(made.shape)
