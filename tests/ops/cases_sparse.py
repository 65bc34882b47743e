"""Sparse tensors: shape, order, joins, arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import c64, case, f32, f64, i32
from tests.ops.words import words

raw = tf.raw_ops
# Entries of a [4, 6] matrix in order, another one's, and of a [3, 2, 4] tensor.
A = np.array([[0, 1], [0, 4], [2, 0], [2, 1], [3, 5]], np.int64)
B = np.array([[0, 4], [1, 1], [2, 0]], np.int64)
T = np.array([[0, 0, 3], [0, 1, 0], [0, 1, 2], [2, 1, 1]], np.int64)
SHUFFLED = A[[3, 0, 4, 2, 1]]
SHAPE = np.array([4, 6], np.int64)


def sparse(
    op: str, function: Any, *operands: Any, grad: Any = True, name: str = ""
) -> Any:
    return case(op, function, *operands, grad=grad, name=name, dynamic=False)


def entries(x: tf.SparseTensor) -> list[tf.Tensor]:
    return [x.indices, x.values, x.dense_shape]


def tensor(indices: Any, values: Any, shape: Any = SHAPE) -> tf.SparseTensor:
    return tf.SparseTensor(indices, values, shape)


def dense(indices: Any, values: Any, default: Any, shape: Any = SHAPE) -> tf.Tensor:
    return raw.SparseToDense(
        sparse_indices=indices,
        output_shape=shape,
        sparse_values=values,
        default_value=default,
    )


CASES = [
    sparse("SparseToDense", lambda i, v: dense(i, v, 0.0), A, f32(5)),
    sparse("SparseToDense", lambda i, v: dense(i, v, -1), A, i32(5)),
    sparse("SparseToDense", lambda i: dense(i, 1.0, 0.0), A),
    sparse("SparseToDense", lambda i, v: dense(i, v, ""), A, words(5)),
    sparse("SparseToDense", lambda v: dense([1, 3], v, 0.0, [5]), f32(2), grad=False),
    sparse("SparseToDense", lambda v: dense(2, v, 0.0, [5]), f32(), grad=False),
    sparse("SparseToDense", lambda i, v, s: dense(i, v, 2.0, s), A, f32(5), SHAPE),
    sparse(
        "SparseReshape",
        lambda i, s: list(
            raw.SparseReshape(input_indices=i, input_shape=s, new_shape=[2, -1, 3])
        ),
        A,
        SHAPE,
    ),
    sparse(
        "SparseReshape",
        lambda i, v: entries(tf.sparse.reshape(tensor(i, v), [24])),
        A,
        f32(5),
    ),
    sparse(
        "SparseReorder",
        lambda i, v: entries(tf.sparse.reorder(tensor(i, v))),
        SHUFFLED,
        f32(5),
    ),
    sparse(
        "SparseReorder",
        lambda i, v: entries(tf.sparse.reorder(tensor(i, v))),
        SHUFFLED,
        words(5),
    ),
    sparse(
        "SparseReorder",
        lambda i, v: entries(tf.sparse.transpose(tensor(i, v))),
        A,
        f32(5),
        name="transpose",
    ),
    sparse(
        "SparseSlice",
        lambda i, v: entries(tf.sparse.slice(tensor(i, v), [1, 0], [2, 9])),
        A,
        f32(5),
    ),
    sparse(
        "SparseSlice",
        lambda i, v: entries(tf.sparse.slice(tensor(i, v), [0, 4], [4, 2])),
        A,
        words(5),
    ),
    sparse(
        "SparseConcat",
        lambda a, x, b, y: entries(tf.sparse.concat(1, [tensor(a, x), tensor(b, y)])),
        A,
        f32(5),
        B,
        f32(3),
    ),
    sparse(
        "SparseConcat",
        lambda a, x, b, y: entries(tf.sparse.concat(0, [tensor(a, x), tensor(b, y)])),
        A,
        words(5),
        B,
        words(3),
    ),
    sparse(
        "SparseSplit",
        lambda a, x: [
            leaf
            for part in tf.sparse.split(tensor(a, x), 4, axis=1)
            for leaf in entries(part)
        ],
        A,
        f32(5),
    ),
    sparse(
        "SparseFillEmptyRows",
        lambda i, v: list(
            raw.SparseFillEmptyRows(
                indices=i, values=v, dense_shape=SHAPE, default_value=7.0
            )
        ),
        A,
        f32(5),
    ),
    sparse(
        "SparseFillEmptyRows",
        lambda i, v: list(
            raw.SparseFillEmptyRows(
                indices=i, values=v, dense_shape=SHAPE, default_value="-"
            )
        ),
        A,
        words(5),
    ),
    sparse(
        "SparseFillEmptyRowsGrad",
        lambda i, g: list(
            raw.SparseFillEmptyRowsGrad(reverse_index_map=i, grad_values=g)
        ),
        np.array([0, 1, 3], np.int64),
        f32(5),
        grad=False,
    ),
    sparse(
        "SparseTensorDenseMatMul",
        lambda i, v, b: tf.sparse.sparse_dense_matmul(tensor(i, v), b),
        A,
        f32(5),
        f32(6, 3),
    ),
    sparse(
        "SparseTensorDenseMatMul",
        lambda i, v, b: tf.sparse.sparse_dense_matmul(
            tensor(i, v), b, adjoint_a=True, adjoint_b=True
        ),
        A,
        f64(5),
        f64(3, 4),
    ),
    sparse(
        "SparseTensorDenseMatMul",
        lambda i, v, b: tf.sparse.sparse_dense_matmul(tensor(i, v), b, adjoint_a=True),
        A,
        c64(5),
        c64(4, 2),
        grad=False,
    ),
    sparse(
        "SparseMatMul",
        lambda a, b: raw.SparseMatMul(a=a, b=b, transpose_b=True, a_is_sparse=True),
        f32(2, 3),
        f32(4, 3),
    ),
    sparse(
        "SparseTensorDenseAdd",
        lambda i, v, b: raw.SparseTensorDenseAdd(
            a_indices=i, a_values=v, a_shape=SHAPE, b=b
        ),
        A,
        f32(5),
        f32(4, 6),
    ),
    sparse(
        "SparseSoftmax",
        lambda i, v: raw.SparseSoftmax(sp_indices=i, sp_values=v, sp_shape=SHAPE),
        A,
        f32(5),
    ),
    sparse(
        "SparseSoftmax",
        lambda i, v: raw.SparseSoftmax(sp_indices=i, sp_values=v, sp_shape=[3, 2, 4]),
        T,
        f64(4),
    ),
    sparse(
        "SparseDenseCwiseDiv",
        lambda i, v, b: raw.SparseDenseCwiseDiv(
            sp_indices=i, sp_values=v, sp_shape=SHAPE, dense=b
        ),
        A,
        i32(5),
        i32(6, low=1),
        name="int",
    ),
]
for threshold in (0.0, 0.5):
    CASES.append(
        sparse(
            "SparseAdd",
            lambda a, x, b, y, threshold=threshold: entries(
                tf.sparse.add(tensor(a, x), tensor(b, y), threshold)
            ),
            A,
            f32(5),
            B,
            f32(3),
        )
    )
for op in ("SparseSparseMaximum", "SparseSparseMinimum"):
    CASES.append(
        sparse(
            op,
            lambda a, x, b, y, op=op: list(
                getattr(raw, op)(
                    a_indices=a,
                    a_values=x,
                    a_shape=SHAPE,
                    b_indices=b,
                    b_values=y,
                    b_shape=SHAPE,
                )
            ),
            A,
            f32(5),
            B,
            f32(3),
            grad=False,
        )
    )
for op in ("SparseDenseCwiseAdd", "SparseDenseCwiseMul", "SparseDenseCwiseDiv"):
    for shape in ((4, 6), (6,), (4, 1)):
        CASES.append(
            sparse(
                op,
                lambda i, v, b, op=op: getattr(raw, op)(
                    sp_indices=i, sp_values=v, sp_shape=SHAPE, dense=b
                ),
                A,
                f32(5),
                f32(*shape, low=0.5),
                grad=not op.endswith("Add"),
            )
        )


def reduction(op: str, axes: list[int], keep: bool, grad: bool) -> Any:
    def run(indices: Any, values: Any) -> list[tf.Tensor]:
        made = getattr(raw, op)(
            input_indices=indices,
            input_values=values,
            input_shape=[3, 2, 4],
            reduction_axes=tf.constant(axes, tf.int32),
            keep_dims=keep,
        )
        return tf.nest.flatten(made)

    return sparse(op, run, T, f32(4), grad=grad)


for op in ("SparseReduceSum", "SparseReduceMax"):
    for axes in ([1], [0, -1], [], [0, 1, 2]):
        for keep in (False, True):
            CASES.append(reduction(op, axes, keep, op == "SparseReduceSum"))
            CASES.append(reduction(f"{op}Sparse", axes, keep, False))

ROWS = np.array([0, 3, 1, 0, 2], np.int64)
SEGMENTS = np.array([0, 0, 2, 2, 2], np.int32)
for op in ("SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"):
    CASES += [
        sparse(
            op,
            lambda x, op=op: getattr(raw, op)(
                data=x, indices=ROWS, segment_ids=SEGMENTS
            ),
            f32(4, 3),
        ),
        sparse(
            op,
            lambda x, i, s, op=op: getattr(raw, op)(data=x, indices=i, segment_ids=s),
            f64(4, 2, 2),
            ROWS.astype(np.int32),
            SEGMENTS.astype(np.int64),
        ),
        sparse(
            f"{op}WithNumSegments",
            lambda x, i, s, op=op: getattr(raw, f"{op}WithNumSegments")(
                data=x, indices=i, segment_ids=s, num_segments=5
            ),
            f32(4, 3),
            ROWS,
            SEGMENTS,
        ),
        sparse(
            f"{op}Grad",
            lambda g, i, s, op=op: getattr(raw, f"{op}Grad")(
                grad=g, indices=i, segment_ids=s, output_dim0=6
            ),
            f32(3, 2),
            ROWS,
            SEGMENTS,
            grad=False,
        ),
        sparse(
            f"{op}GradV2",
            lambda g, i, s, op=op: list(
                getattr(raw, f"{op}GradV2")(
                    grad=g, indices=i, segment_ids=s, dense_output_dim0=6
                )
            ),
            f32(3, 2),
            ROWS,
            SEGMENTS,
            grad=False,
        ),
    ]

for combiner in ("sum", "mean", "sqrtn"):
    CASES += [
        sparse(
            f"SparseSegment{'SqrtN' if combiner == 'sqrtn' else combiner.title()}",
            lambda x, v, combiner=combiner: tf.nn.embedding_lookup_sparse(
                x, tensor(A, v), None, combiner=combiner
            ),
            f32(8, 4),
            np.array([0, 7, 3, 3, 1], np.int64),
            name=f"embedding_{combiner}",
        ),
        sparse(
            "SparseSegmentSum",
            lambda x, v, w, combiner=combiner: tf.nn.embedding_lookup_sparse(
                x, tensor(A, v), tensor(A, w), combiner=combiner
            ),
            f32(8, 4),
            np.array([0, 7, 3, 3, 1], np.int64),
            f32(5, low=0.5, high=2.0),
            name=f"weighted_embedding_{combiner}",
        ),
        sparse(
            "SparseFillEmptyRows",
            lambda x, v, combiner=combiner: tf.nn.safe_embedding_lookup_sparse(
                x, tensor(A, v), combiner=combiner
            ),
            f32(8, 4),
            np.array([0, 7, 3, 3, 1], np.int64),
            name=f"safe_embedding_{combiner}",
        ),
    ]
