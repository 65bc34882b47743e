"""Factorisations, inverses, solutions, functions of matrices."""

from __future__ import annotations

import itertools

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, Operand, c64, case, f32, f64, i32

raw = tf.raw_ops


def positive(dtype: str, *shape: int) -> Operand:
    """Positive definite matrices with all eigenvalues well above 0."""

    def draw(random, shape):
        x = random.standard_normal(shape)
        if dtype.startswith("complex"):
            x = x + 1j * random.standard_normal(shape)
        made = x @ np.swapaxes(x.conj(), -1, -2) + 2 * np.eye(shape[-1])
        return made.astype(dtype)

    return Operand(shape, dtype, draw)


def square(dtype: str, *shape: int) -> Operand:
    """Matrices that are far from singular."""

    def draw(random, shape):
        x = random.standard_normal(shape)
        if dtype.startswith("complex"):
            x = x + 1j * random.standard_normal(shape)
        return (x + 4 * np.eye(shape[-1])).astype(dtype)

    return Operand(shape, dtype, draw)


WIDE = 1e-4
CASES: list[OpCase] = []
for dtype, atol in (("float32", WIDE), ("float64", 1e-9), ("complex64", WIDE)):
    real = dtype[0] == "f"
    CASES += [
        case(
            "Cholesky",
            lambda x: raw.Cholesky(input=x),
            positive(dtype, 3, 4, 4),
            atol=atol,
            grad=real,
        ),
        case(
            "MatrixInverse",
            lambda x: raw.MatrixInverse(input=x),
            square(dtype, 3, 4, 4),
            atol=atol,
        ),
        case(
            "MatrixInverse",
            lambda x: raw.MatrixInverse(input=x, adjoint=True),
            square(dtype, 3, 4, 4),
            atol=atol,
        ),
        case(
            "MatrixSquareRoot",
            lambda x: raw.MatrixSquareRoot(input=x),
            positive(dtype, 3, 4, 4),
            atol=10 * atol,
            grad=real,
        ),
        case(
            "SelfAdjointEigV2",
            lambda x: raw.SelfAdjointEigV2(input=x, compute_v=False)[0],
            positive(dtype, 3, 4, 4),
            atol=atol,
        ),
        case(
            "SelfAdjointEigV2",
            lambda x: tf.abs(raw.SelfAdjointEigV2(input=x)[1]),
            positive(dtype, 3, 4, 4),
            atol=10 * atol,
            grad=real,
        ),
        case(
            "Svd",
            lambda x: raw.Svd(input=x)[0],
            square(dtype, 3, 4, 4),
            atol=atol,
            grad=real,
        ),
    ]
    for adjoint in (False, True):
        CASES += [
            case(
                "MatrixSolve",
                lambda a, b, j=adjoint: raw.MatrixSolve(matrix=a, rhs=b, adjoint=j),
                square(dtype, 3, 4, 4),
                square(dtype, 3, 4, 4),
                atol=atol,
            ),
        ]
        for lower in (False, True):

            def triangular(a, b, j=adjoint, low=lower):
                return raw.MatrixTriangularSolve(matrix=a, rhs=b, adjoint=j, lower=low)

            CASES.append(
                case(
                    "MatrixTriangularSolve",
                    triangular,
                    square(dtype, 3, 4, 4),
                    square(dtype, 3, 4, 4),
                    atol=atol,
                )
            )


def rebuilt(x, full=False):
    """u · s · vᴴ, which no choice of signs changes, and absolute vectors."""
    s, u, v = raw.Svd(input=x, full_matrices=full)
    k = s.shape[-1]
    product = u[..., :k] * s[..., None, :] @ tf.linalg.adjoint(v[..., :k])
    return product, tf.abs(u[..., :k]), tf.abs(v[..., :k])


for shape in ((3, 5, 4), (3, 4, 5), (4, 4)):
    CASES += [
        case(
            "Svd",
            rebuilt,
            f64(*shape),
            atol=1e-9,
            grad=shape[-1] == shape[-2],
            dynamic=len(shape) > 2,
        ),
        case(
            "Svd",
            lambda x: rebuilt(x, True),
            f32(*shape),
            atol=WIDE,
            grad=False,
            dynamic=len(shape) > 2,
        ),
        case(
            "Qr",
            lambda x: tuple(raw.Qr(input=x)),
            f64(*shape),
            atol=1e-9,
            grad=shape[-2] >= shape[-1],
            dynamic=len(shape) > 2,
        ),
        case(
            "Qr",
            lambda x: tuple(raw.Qr(input=x, full_matrices=True)),
            f32(*shape),
            atol=WIDE,
            grad=False,
            dynamic=len(shape) > 2,
        ),
    ]
for rows, columns in ((5, 3), (3, 5), (4, 4)):
    for l2 in (0.0, 0.5):
        CASES.append(
            case(
                "MatrixSolveLs",
                lambda a, b, l2=l2: tf.linalg.lstsq(a, b, l2),
                f64(3, rows, columns),
                f64(3, rows, 2),
                atol=1e-6,
            )
        )
CASES += [
    case(
        "MatrixSolveLs",
        lambda a, b: tf.linalg.lstsq(a, b, fast=False),
        f64(3, 5, 3),
        f64(3, 5, 2),
        atol=1e-6,
        grad=False,
    ),
    case(
        "Svd",
        lambda x: raw.Svd(input=x, compute_uv=False)[0],
        f64(3, 5, 4),
        atol=1e-8,
        grad=False,
    ),
    case(
        "MatrixDeterminant",
        lambda x: tf.linalg.det(x),
        c64(3, 3),
        dynamic=False,
        declines="gradient for complex",
    ),
    case(
        "CholeskyGrad",
        lambda x, g: raw.CholeskyGrad(l=tf.linalg.cholesky(x), grad=g),
        positive("float64", 4, 4),
        f64(4, 4),
        atol=1e-8,
        dynamic=False,
        grad=False,
    ),
    case(
        "SelfAdjointEigV2",
        lambda x: tf.linalg.eigvalsh(x),
        f64(3, 4, 4),
        atol=1e-8,
        name="lower-triangle",
    ),
    case(
        "Eig",
        lambda x: tf.sort(tf.abs(raw.Eig(input=x, Tout="complex128")[0])),
        f64(3, 4, 4),
        atol=1e-8,
        grad=False,
    ),
    case(
        "Eig",
        lambda x: tf.sort(
            tf.abs(raw.Eig(input=x, Tout="complex64", compute_v=False)[0])
        ),
        c64(3, 4, 4),
        atol=WIDE,
        grad=False,
    ),
    case(
        "Eig",
        lambda x: tf.reduce_sum(tf.abs(raw.Eig(input=x, Tout="complex128")[1])),
        f64(3, 4, 4),
        atol=1e-8,
        grad=False,
    ),
    case(
        "LogMatrixDeterminant",
        lambda x: tuple(raw.LogMatrixDeterminant(input=x)),
        f64(3, 4, 4),
        atol=1e-9,
        grad=[1],
    ),
    case(
        "LogMatrixDeterminant",
        lambda x: tuple(raw.LogMatrixDeterminant(input=x)),
        square("complex64", 3, 4, 4),
        atol=WIDE,
        grad=False,
    ),
    case("Lu", lambda x: tuple(raw.Lu(input=x)), f64(3, 4, 4), atol=1e-9),
    case(
        "Lu",
        lambda x: tuple(raw.Lu(input=x, output_idx_type="int64")),
        f32(3, 4, 4),
        atol=WIDE,
    ),
    case("MatrixDeterminant", lambda x: tf.linalg.det(x), f64(3, 4, 4), atol=1e-9),
    case("MatrixDeterminant", lambda x: tf.linalg.det(x), f32(3, 4, 4), atol=WIDE),
    case(
        "MatrixLogarithm",
        lambda x: raw.MatrixLogarithm(input=x),
        positive("complex128", 3, 4, 4),
        atol=1e-7,
    ),
    case(
        "MatrixLogarithm",
        lambda x: raw.MatrixLogarithm(input=x),
        square("complex64", 3, 4, 4),
        atol=1e-3,
    ),
    case("Cross", lambda a, b: raw.Cross(a=a, b=b), f32(2, 3), f32(2, 3)),
    case("Cross", lambda a, b: raw.Cross(a=a, b=b), i32(2, 3), i32(2, 3)),
    case(
        "TridiagonalMatMul",
        lambda a, b, c, x: raw.TridiagonalMatMul(
            superdiag=a, maindiag=b, subdiag=c, rhs=x
        ),
        f32(2, 1, 4),
        f32(2, 1, 4),
        f32(2, 1, 4),
        f32(2, 4, 3),
    ),
    case(
        "TridiagonalSolve",
        lambda d, x: raw.TridiagonalSolve(diagonals=d, rhs=x),
        f64(2, 3, 4, low=1, high=2),
        f64(2, 4, 2),
        atol=1e-8,
    ),
    case(
        "TridiagonalSolve",
        lambda d, x: raw.TridiagonalSolve(diagonals=d, rhs=x, partial_pivoting=False),
        f64(2, 3, 4, low=1, high=2),
        f64(2, 4, 2),
        atol=1e-8,
        grad=False,
    ),
    case("Einsum", lambda x: tf.linalg.trace(x), f32(2, 3, 3)),
]
for lower, adjoint in itertools.product((False, True), repeat=2):

    def banded(a, b, low=lower, j=adjoint):
        return raw.BandedTriangularSolve(matrix=a, rhs=b, lower=low, adjoint=j)

    CASES.append(
        case(
            "BandedTriangularSolve",
            banded,
            f64(2, 3, 5, low=1, high=2),
            f64(2, 5, 2),
            atol=1e-8,
        )
    )
