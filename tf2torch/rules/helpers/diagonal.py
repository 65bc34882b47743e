"""Several diagonals at once, as TensorFlow stacks them: the highest is the first row.

Diagonal 0 is the main one, those above it count up. Shorter ones stand at the left
or at the right of their row.
"""

import torch
from torch import Tensor


def band_part(x: Tensor, lower: int | Tensor, upper: int | Tensor) -> Tensor:
    """``x`` within so many diagonals below and above the main one; all if negative."""
    rows, columns = (torch.arange(s, device=x.device) for s in x.shape[-2:])
    below = rows.unsqueeze(-1) - columns
    kept = ((below <= lower) | (lower < 0)) & ((-below <= upper) | (upper < 0))
    return x.masked_fill(~kept, 0)


def side_of(offset: int, above: str, below: str) -> str:
    """``left`` or ``right``: where the diagonal ``offset`` stands in its row."""
    return above if offset >= 0 else below


def matrix_diag_part(
    x: Tensor, low: int, high: int, padding: float, above: str, below: str
) -> Tensor:
    """The diagonals ``high`` down to ``low`` as rows, padded to the longest."""
    offsets = range(high, low - 1, -1)
    diagonals = [x.diagonal(offset, -2, -1) for offset in offsets]
    longest = max(d.shape[-1] for d in diagonals)
    rows = []
    for offset, diagonal in zip(offsets, diagonals, strict=True):
        rest = longest - diagonal.shape[-1]
        filler = x.new_full((*diagonal.shape[:-1], rest), padding)
        left = side_of(offset, above, below) == "left"
        rows.append(torch.cat((diagonal, filler) if left else (filler, diagonal), -1))
    return torch.stack(rows, -2)


def matrix_set_diag(
    x: Tensor, diagonals: Tensor, low: int, high: int, above: str, below: str
) -> Tensor:
    """``x`` with the rows of ``diagonals`` as its own, ``high`` down to ``low``."""
    for row, offset in enumerate(range(high, low - 1, -1)):
        length = x.diagonal(offset, -2, -1).shape[-1]
        left = side_of(offset, above, below) == "left"
        start = 0 if left else diagonals.shape[-1] - length
        part = diagonals[..., row, start : start + length]
        x = x.diagonal_scatter(part, offset, -2, -1)
    return x


def matrix_diag(
    diagonals: Tensor,
    low: int,
    high: int,
    rows: int,
    columns: int,
    padding: float,
    above: str,
    below: str,
) -> Tensor:
    """A matrix from its diagonals; a size of -1 is as small as they allow."""
    least_rows = diagonals.shape[-1] - min(high, 0)
    least_columns = diagonals.shape[-1] + max(low, 0)
    if rows == columns == -1:
        rows = columns = max(least_rows, least_columns)
    rows = least_rows if rows == -1 else rows
    columns = least_columns if columns == -1 else columns
    empty = diagonals.new_full((*diagonals.shape[:-2], rows, columns), padding)
    return matrix_set_diag(empty, diagonals, low, high, above, below)
