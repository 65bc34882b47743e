"""Diagonals and bands of matrices."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bools, c64, case, f32, f64, i32

raw = tf.raw_ops
ALIGNS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")
CASES: list[OpCase] = []
for lower, upper in ((0, 0), (-1, 0), (0, -1), (1, 2), (-1, -1), (2, -1), (3, 1)):
    CASES.append(
        case(
            "MatrixBandPart",
            lambda x, a=lower, b=upper: tf.linalg.band_part(x, a, b),
            f32(2, 4, 5),
        )
    )
CASES += [
    case("MatrixBandPart", lambda x: tf.linalg.band_part(x, -1, 0), bools(4, 4)),
    case(
        "MatrixBandPart",
        lambda x, a: tf.linalg.band_part(x, a, 1),
        bools(4, 5),
        np.int32(1),
    ),
    case(
        "MatrixBandPart",
        lambda x, a: tf.linalg.band_part(x, a, -1),
        f32(2, 4, 5),
        np.int32(1),
    ),
    case(
        "MatrixBandPart",
        lambda x, a: tf.linalg.band_part(x, a, 1),
        i32(2, 4, 5),
        np.int32(-1),
    ),
    case("MatrixDiag", lambda x: raw.MatrixDiag(diagonal=x), f32(2, 3)),
    case("MatrixDiagPart", lambda x: raw.MatrixDiagPart(input=x), f32(2, 3, 4)),
    case(
        "MatrixSetDiag",
        lambda x, d: raw.MatrixSetDiag(input=x, diagonal=d),
        f32(2, 3, 4),
        f32(2, 3),
        batch=[0, 1],
    ),
    case("MatrixDiagV3", lambda x: tf.linalg.diag(x), i32(2, 3)),
    case("MatrixDiagV3", lambda x: tf.linalg.diag(x, k=1), c64(2, 3)),
    case("MatrixDiagV3", lambda x: tf.linalg.diag(x, padding_value=9.0), f32(2, 3)),
    case(
        "MatrixDiagV3", lambda x: tf.linalg.diag(x, num_rows=4, num_cols=3), f32(2, 3)
    ),
    case("MatrixDiagV3", lambda x: tf.linalg.diag(x, k=-1, num_rows=4), f32(2, 3)),
    case("MatrixDiagPartV3", lambda x: tf.linalg.diag_part(x), f64(2, 3, 4)),
    case("MatrixDiagPartV3", lambda x: tf.linalg.diag_part(x, k=1), f32(2, 3, 4)),
    case("MatrixDiagPartV3", lambda x: tf.linalg.diag_part(x, k=-2), f32(2, 3, 4)),
    case(
        "MatrixSetDiagV3",
        lambda x, d: tf.linalg.set_diag(x, d),
        f32(2, 3, 3),
        f32(2, 3),
        batch=[0, 1],
    ),
    case(
        "MatrixSetDiagV3",
        lambda x, d: tf.linalg.set_diag(x, d, k=1),
        f32(2, 3, 4),
        f32(2, 3),
        batch=[0, 1],
    ),
    case("Diag", lambda x: raw.Diag(diagonal=x), f32(3)),
    case("Diag", lambda x: raw.Diag(diagonal=x), f32(2, 3)),
    case("DiagPart", lambda x: raw.DiagPart(input=x), f32(3, 3), dynamic=False),
    case("DiagPart", lambda x: raw.DiagPart(input=x), i32(2, 3, 2, 3), dynamic=False),
]
for align in ALIGNS:

    def part(x, align=align, k=(-2, 1)):
        return tf.linalg.diag_part(x, k=k, padding_value=7, align=align)

    def whole(x, align=align):
        return tf.linalg.diag(x, k=(-1, 1), padding_value=5, align=align)

    def replaced(x, d, align=align):
        return tf.linalg.set_diag(x, d, k=(-1, 1), align=align)

    CASES += [
        case("MatrixDiagPartV3", part, f32(2, 3, 5)),
        case("MatrixDiagPartV3", part, i32(2, 5, 3)),
        case("MatrixDiagPartV3", lambda x, p=part: p(x, k=(1, 2)), f32(2, 3, 5)),
        case("MatrixDiagV3", whole, f32(2, 3, 4)),
        case("MatrixSetDiagV3", replaced, f32(2, 4, 4), f32(2, 3, 4), dynamic=False),
        case("MatrixSetDiagV3", replaced, f32(2, 3, 5), f32(2, 3, 3), dynamic=False),
    ]
CASES += [
    case(
        "MatrixDiagV2",
        lambda x: raw.MatrixDiagV2(
            diagonal=x, k=[-1, 1], num_rows=-1, num_cols=-1, padding_value=1.0
        ),
        f32(2, 3, 4),
        grad=False,
    ),
    case(
        "MatrixDiagPartV2",
        lambda x: raw.MatrixDiagPartV2(input=x, k=[-1, 1], padding_value=1.0),
        f32(2, 3, 4),
        grad=False,
    ),
    case(
        "MatrixSetDiagV2",
        lambda x, d: raw.MatrixSetDiagV2(input=x, diagonal=d, k=[-1, 1]),
        f32(2, 4, 4),
        f32(2, 3, 4),
        dynamic=False,
        grad=False,
    ),
]
