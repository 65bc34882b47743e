"""Linear algebra that torch has no one function for."""

import torch
from torch import Tensor


def from_lower_triangle(x: Tensor) -> Tensor:
    """The self-adjoint matrix with the lower triangle of ``x``."""
    return x.tril() + x.tril(-1).mH


def stacked_eigh(x: Tensor) -> Tensor:
    """The eigenvalues as a row above the eigenvectors."""
    values, vectors = torch.linalg.eigh(from_lower_triangle(x))
    return torch.cat((values.unsqueeze(-2), vectors), -2)


def cholesky_grad(factor: Tensor, grad: Tensor) -> Tensor:
    """The gradient of x from that of its Cholesky factor; a symmetric matrix."""
    middle = (factor.mH @ grad).tril()
    middle = middle - torch.diag_embed(middle.diagonal(dim1=-2, dim2=-1)) / 2
    inner = torch.linalg.solve_triangular(factor.mH, middle, upper=True)
    made = torch.linalg.solve_triangular(factor, inner, upper=False, left=False)
    return (made + made.mH) / 2


def lu(x: Tensor) -> tuple[Tensor, Tensor]:
    """Both factors in one matrix, and which row of ``x`` each of their rows is."""
    factors, pivots = torch.linalg.lu_factor(x)
    permutation, _, _ = torch.lu_unpack(factors, pivots, unpack_data=False)
    return factors, permutation.real.argmax(-2)


def from_bands(bands: Tensor, lower: bool) -> Tensor:
    """A triangular matrix from its diagonals as rows, from the upper right to the left.

    Those above the main one start at the left of their row, those below end at the
    right.
    """
    size = bands.shape[-1]
    matrix = bands.new_zeros((*bands.shape[:-2], size, size))
    for row in range(bands.shape[-2]):
        offset = -row if lower else bands.shape[-2] - 1 - row
        length = size - abs(offset)
        start = size - length if lower else 0
        part = bands[..., row, start : start + length]
        matrix = matrix.diagonal_scatter(part, offset, -2, -1)
    return matrix


def from_tridiagonal(diagonals: Tensor) -> Tensor:
    """[..., 3, n], from above to below, as matrices; the corners are not read."""
    above, main, below = diagonals.unbind(-2)
    return (
        torch.diag_embed(above[..., :-1], 1)
        + torch.diag_embed(main)
        + torch.diag_embed(below[..., 1:], -1)
    )


def tridiagonal_matmul(above: Tensor, main: Tensor, below: Tensor, x: Tensor) -> Tensor:
    """The product of a tridiagonal matrix, given as rows of diagonals, and ``x``."""
    up, down = torch.zeros_like(x), torch.zeros_like(x)
    up[..., :-1, :] = x[..., 1:, :]
    down[..., 1:, :] = x[..., :-1, :]
    return above.mT * up + main.mT * x + below.mT * down


def solve_least_squares(matrix: Tensor, rhs: Tensor, l2: Tensor) -> Tensor:
    """Least squares (least norm if underdetermined) by the normal equations."""
    tall = matrix.shape[-2] >= matrix.shape[-1]
    gram = matrix.mH @ matrix if tall else matrix @ matrix.mH
    gram = gram + l2 * torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    factor = torch.linalg.cholesky(gram)
    if tall:
        return torch.cholesky_solve(matrix.mH @ rhs, factor)
    return matrix.mH @ torch.cholesky_solve(rhs, factor)


def matrix_sqrt(x: Tensor) -> Tensor:
    """The principal root, by the product form of the Denman-Beavers iteration.

    No eigenvalue may be real and negative.
    """
    one = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    error, root = x, x
    for _ in range(24):
        inverse = torch.linalg.inv(error)
        root = root @ (one + inverse) / 2
        error = (one + (error + inverse) / 2) / 2
    return root


# Gauss-Legendre quadrature on [0, 1].
NODES = (0.0254460438286207, 0.12923440720030277, 0.2970774243113014, 0.5)
WEIGHTS = (0.06474248308443487, 0.13985269574463843, 0.19091502525255935)
MIDDLE_WEIGHT = 0.20897959183673465


def matrix_log(x: Tensor) -> Tensor:
    """The principal logarithm: roots until ``x`` is near one, then a quadrature.

    log(1 + a) is the integral of a / (1 + t·a) for t from 0 to 1. No eigenvalue may
    be real and negative.
    """
    one = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    doublings = 0
    while doublings < 60 and float(torch.linalg.matrix_norm(x - one).max()) > 0.25:
        x, doublings = matrix_sqrt(x), doublings + 1
    nodes = (*NODES, *(1 - t for t in NODES[:3]))
    weights = (*WEIGHTS, MIDDLE_WEIGHT, *WEIGHTS)
    total = torch.zeros_like(x)
    for t, weight in zip(nodes, weights, strict=True):
        total = total + weight * torch.linalg.solve(one + t * (x - one), x - one)
    return total * 2.0**doublings
