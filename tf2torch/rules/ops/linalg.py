"""Factorisations, inverses, solutions, functions of matrices.

Singular vectors and eigenvectors are unique up to their sign (or phase): the two
libraries may choose differently, and so may two versions of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, outs
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import COMPLEX, TensorType
from tf2torch.rules.ops.matmul import adjoint
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("linalg")
Types = tuple[TensorType, ...]
Two = tuple[Node, ...]
HALF = "torch factors no half precision"


# --- factorisations --------------------------------------------------------------


@rules.rule("Cholesky", "BatchCholesky")
def cholesky(x: Node, *, out: Types) -> Node | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    return call("torch.linalg.cholesky", x, type=out[0])


@rules.rule("CholeskyGrad", "BatchCholeskyGrad")
def cholesky_grad(factor: Node, grad: Node, *, out: Types) -> Node | Decline:
    if factor.dtype == "float16":
        return Decline(HALF)
    return call("helper.cholesky_grad", factor, grad, type=out[0])


@dataclass(frozen=True)
class QrAttrs:
    full_matrices: bool = False


@rules.rule("Qr")
def qr(x: Node, *, attrs: QrAttrs, out: Types) -> Two | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    if attrs.full_matrices:
        return outs(call("torch.linalg.qr", x, mode="complete", types=out))
    return outs(call("torch.linalg.qr", x, types=out))


@dataclass(frozen=True)
class SvdAttrs:
    compute_uv: bool = True
    full_matrices: bool = False


@rules.rule("Svd", "BatchSvd")
def svd(x: Node, *, attrs: SvdAttrs, out: Types) -> Two | Decline:
    """torch returns (u, s, vᴴ)."""
    if x.dtype == "float16":
        return Decline(HALF)
    real = _real(out[0])
    if not attrs.compute_uv:
        values = call("torch.linalg.svdvals", x, type=real)
        nothing = call(".new_empty", x, (0,), type=out[1])
        return cast(values, out[0].dtype), nothing, nothing
    swapped = out[2].with_shape(None)
    full = attrs.full_matrices
    made = call(
        "torch.linalg.svd", x, full_matrices=full, types=(out[1], real, swapped)
    )
    u, s, vh = outs(made)
    return cast(s, out[0].dtype), u, call("@mH", vh, type=out[2])


def _real(type: TensorType) -> TensorType:
    parts = {"complex64": "float32", "complex128": "float64"}
    return type.with_dtype(parts.get(type.dtype, type.dtype))


@dataclass(frozen=True)
class EigAttrs:
    compute_v: bool = True


@rules.rule("SelfAdjointEigV2", "BatchSelfAdjointEigV2")
def self_adjoint_eig(x: Node, *, attrs: EigAttrs, out: Types) -> Two | Decline:
    """Only the lower triangle is read, and only it has a gradient."""
    if x.dtype == "float16":
        return Decline(HALF)
    whole = call("helper.from_lower_triangle", x, type=x.type)
    if not attrs.compute_v:
        values = call("torch.linalg.eigvalsh", whole, type=_real(out[0]))
        return cast(values, out[0].dtype), call(".new_empty", x, (0,), type=out[1])
    e, v = outs(call("torch.linalg.eigh", whole, types=(_real(out[0]), out[1])))
    return cast(e, out[0].dtype), v


@rules.rule("SelfAdjointEig", "BatchSelfAdjointEig")
def self_adjoint_eig_v1(x: Node, *, out: Types) -> Node | Decline:
    """The eigenvalues as a first row above the eigenvectors."""
    if x.dtype == "float16":
        return Decline(HALF)
    return call("helper.stacked_eigh", x, type=out[0])


@rules.rule("Eig")
def eig(x: Node, *, attrs: EigAttrs, out: Types) -> Two | Decline:
    x = cast(x, out[0].dtype)
    if not attrs.compute_v:
        values = call("torch.linalg.eigvals", x, type=out[0])
        return values, call(".new_empty", x, (0,), type=out[1])
    return outs(call("torch.linalg.eig", x, types=out))


@rules.rule("Lu")
def lu(x: Node, *, out: Types) -> Two | Decline:
    """Both factors in one matrix, and the permutation of the rows."""
    if x.dtype == "float16":
        return Decline(HALF)
    if x.dtype in COMPLEX:
        return Decline("the libraries choose other pivots for complex matrices")
    types = out[0], out[1].with_dtype("int64")
    factors, order = outs(call("helper.lu", x, types=types))
    return factors, cast(order, out[1].dtype)


# --- inverses and solutions ------------------------------------------------------


@dataclass(frozen=True)
class AdjointAttrs:
    adjoint: bool = False


@rules.rule("MatrixInverse", "BatchMatrixInverse")
def matrix_inverse(x: Node, *, attrs: AdjointAttrs, out: Types) -> Node | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    x = adjoint(x) if attrs.adjoint else x
    return call("torch.linalg.inv", x, type=out[0])


@rules.rule("MatrixSolve", "BatchMatrixSolve")
def matrix_solve(
    matrix: Node, rhs: Node, *, attrs: AdjointAttrs, out: Types
) -> Node | Decline:
    if matrix.dtype == "float16":
        return Decline(HALF)
    matrix = adjoint(matrix) if attrs.adjoint else matrix
    return call("torch.linalg.solve", matrix, rhs, type=out[0])


@dataclass(frozen=True)
class TriangularAttrs:
    lower: bool = True
    adjoint: bool = False


@rules.rule("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def matrix_triangular_solve(
    matrix: Node, rhs: Node, *, attrs: TriangularAttrs, out: Types
) -> Node | Decline:
    if matrix.dtype in ("float16", "bfloat16"):
        return Decline(HALF)
    upper = not attrs.lower
    if attrs.adjoint:
        matrix, upper = adjoint(matrix), not upper
    solve = "torch.linalg.solve_triangular"
    return call(solve, matrix, rhs, upper=upper, type=out[0])


@rules.rule("BandedTriangularSolve")
def banded_triangular_solve(
    bands: Node, rhs: Node, *, attrs: TriangularAttrs, out: Types
) -> Node | Decline:
    """The diagonals stand as rows: the main one first for a lower matrix."""
    if bands.dtype == "float16":
        return Decline(HALF)
    matrix = call("helper.from_bands", bands, attrs.lower, type=bands)
    return matrix_triangular_solve(matrix, rhs, attrs=attrs, out=out)


@dataclass(frozen=True)
class LeastSquaresAttrs:
    fast: bool = True


@rules.rule("MatrixSolveLs", "BatchMatrixSolveLs")
def matrix_solve_ls(
    matrix: Node, rhs: Node, l2: Node, *, attrs: LeastSquaresAttrs, out: Types
) -> Node | Decline:
    if matrix.dtype == "float16":
        return Decline(HALF)
    if not attrs.fast:
        made = call("torch.linalg.lstsq", matrix, rhs, driver="gelsd")
        return call("@solution", made, type=out[0])
    l2 = cast(l2, _real(out[0]).dtype)
    return call("helper.solve_least_squares", matrix, rhs, l2, type=out[0])


@dataclass(frozen=True)
class TridiagonalAttrs:
    partial_pivoting: bool = True
    perturb_singular: bool = False


@rules.rule("TridiagonalSolve")
def tridiagonal_solve(
    diagonals: Node, rhs: Node, *, attrs: TridiagonalAttrs, out: Types
) -> Node | Decline:
    """Whether it pivots changes the rounding only."""
    if attrs.perturb_singular:
        return Decline("it perturbs singular matrices at random")
    matrix = call("helper.from_tridiagonal", diagonals, type=out[0].with_shape(None))
    return call("torch.linalg.solve", matrix, rhs, type=out[0])


@rules.rule("TridiagonalMatMul")
def tridiagonal_mat_mul(
    above: Node, main: Node, below: Node, rhs: Node, *, out: Types
) -> Node:
    return call("helper.tridiagonal_matmul", above, main, below, rhs, type=out[0])


# --- functions of a matrix -------------------------------------------------------


@rules.rule("MatrixDeterminant", "BatchMatrixDeterminant")
def matrix_determinant(x: Node, *, out: Types) -> Node | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    if x.dtype in COMPLEX:
        return Decline("its gradient for complex matrices is TensorFlow's own")
    return call("torch.linalg.det", x, type=out[0])


@rules.rule("LogMatrixDeterminant")
def log_matrix_determinant(x: Node, *, out: Types) -> Two | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    sign, size = outs(call("torch.linalg.slogdet", x, types=(out[0], _real(out[1]))))
    return sign, cast(size, out[1].dtype)


@rules.rule("MatrixExponential")
def matrix_exponential(x: Node, *, out: Types) -> Node | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    return call("torch.linalg.matrix_exp", x, type=out[0])


@rules.rule("MatrixSquareRoot")
def matrix_square_root(x: Node, *, out: Types) -> Node | Decline:
    if x.dtype == "float16":
        return Decline(HALF)
    return call("helper.matrix_sqrt", x, type=out[0])


@rules.rule("MatrixLogarithm")
def matrix_logarithm(x: Node, *, out: Types) -> Node | Decline:
    return call("helper.matrix_log", x, type=out[0])


@rules.rule("Cross")
def cross(a: Node, b: Node, *, out: Types) -> Node:
    return call("torch.linalg.cross", a, b, type=out[0])
