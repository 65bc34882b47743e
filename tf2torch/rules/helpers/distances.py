"""Nearest points, the nearest ordered sequence, quasi-random points."""

import torch
from torch import Tensor


def nearest_neighbors(points: Tensor, centers: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The ``k`` nearest centers of each point and their squared distances."""
    squares = points.square().sum(1, keepdim=True) + centers.square().sum(1)
    distances = (squares - 2 * points @ centers.T).clamp(min=0)
    nearest, order = distances.sort(dim=1, stable=True)
    return order[:, :k], nearest[:, :k]


def isotonic_regression(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The nearest rows that never rise, and the number of each element's level.

    Neighbours that rise are pooled into their mean until none is left.
    """
    fitted, segments = [], []
    for row in x.tolist():
        levels: list[tuple[float, int]] = []
        for value in row:
            total, count = float(value), 1
            while levels and levels[-1][0] * count < total * levels[-1][1]:
                below, size = levels.pop()
                total, count = total + below, count + size
            levels.append((total, count))
        fitted.append([total / count for total, count in levels for _ in range(count)])
        segments.append([i for i, (_, n) in enumerate(levels) for _ in range(n)])
    made = torch.tensor(fitted, dtype=dtype, device=x.device).reshape(x.shape)
    numbers = torch.tensor(segments, dtype=torch.int32, device=x.device)
    return made, numbers.reshape(x.shape)


def sobol_points(
    dim: int | Tensor,
    count: int | Tensor,
    skip: int | Tensor,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """[count, dim] points of Sobol's sequence after the origin and ``skip`` others."""
    engine = torch.quasirandom.SobolEngine(int(dim))
    engine.fast_forward(int(skip) + 1)
    drawn: Tensor = engine.draw(int(count), dtype=dtype)
    return drawn
