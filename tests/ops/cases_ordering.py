"""Order: greatest elements, distinct values, places in a sorted row."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f16, f32, f64, i32, i64, ints

raw = tf.raw_ops
nan, inf = np.nan, np.inf
TIES = np.array([[1.0, 3, 3, 2, 3], [0, 0, 0, 0, 0]], "f")
CASES: list[OpCase] = []


def topk(k: int, **more):
    return lambda x: tuple(raw.TopKV2(input=x, k=k, **more))


for k in (0, 1, 3, 5):
    CASES.append(case("TopKV2", topk(k), f32(3, 5), grad=[0]))
CASES += [
    case("TopKV2", topk(3), TIES, grad=[0], name="ties"),
    case("TopKV2", topk(3), i32(4, 9, low=0, high=4), name="ties-int"),
    case("TopKV2", topk(2), ints("uint16", 3, 5)),
    case("TopKV2", topk(2), f16(2, 3, 5), grad=[0]),
    case("TopKV2", topk(2, index_type="int64"), f64(5), grad=False, dynamic=False),
    case("TopKV2", lambda x, k: tf.math.top_k(x, k).values, f32(3, 5), np.int32(2)),
    case("TopKV2", lambda x: tf.sort(x, direction="DESCENDING"), f32(3, 5)),
    case("TopKV2", lambda x: tf.argsort(x), i32(3, 5, low=0, high=3)),
    case(
        "ApproxTopK",
        lambda x: tuple(raw.ApproxTopK(input=x, k=2)),
        f32(3, 5),
        grad=[0],
        dynamic=False,
    ),
    case("NthElement", lambda x: raw.NthElement(input=x, n=2), f32(3, 5)),
    case("NthElement", lambda x: raw.NthElement(input=x, n=1, reverse=True), TIES),
    case("NthElement", lambda x: raw.NthElement(input=x, n=1), i32(3, 5)),
]
SCORES = np.array([[1.0, 3, 2], [2, 2, 1], [nan, 1, 0], [inf, 1, 0], [1, 2, 3]], "f")
TARGETS = np.array([2, 1, 1, 1, 7], "i")
for k in (1, 2, 3):
    CASES += [
        case(
            "InTopK",
            lambda x, t, k=k: raw.InTopK(predictions=x, targets=t, k=k),
            SCORES,
            TARGETS,
            batch=[0, 1],
        ),
        case(
            "InTopKV2",
            lambda x, t, k=k: raw.InTopKV2(predictions=x, targets=t, k=k),
            f32(6, 4),
            i32(6, low=0, high=3),
            batch=[0, 1],
        ),
    ]
CASES += [
    case("Unique", lambda x: tuple(raw.Unique(x=x)), i32(12, low=0, high=4)),
    case(
        "Unique",
        lambda x: tuple(raw.Unique(x=x)),
        np.array([2.0, 1, 2, 3, 1], "f"),
        grad=False,
    ),
    case("Unique", lambda x: tuple(raw.Unique(x=x, out_idx="int64")), i64(0)),
    case(
        "UniqueWithCounts",
        lambda x: tuple(raw.UniqueWithCounts(x=x)),
        i64(12, low=0, high=4),
    ),
    case(
        "UniqueV2",
        lambda x: tuple(raw.UniqueV2(x=x, axis=[0])),
        i32(9, 2, low=0, high=1),
    ),
    case(
        "UniqueV2",
        lambda x: tuple(raw.UniqueV2(x=x, axis=[1])),
        i32(2, 9, low=0, high=1),
    ),
    case(
        "UniqueWithCountsV2",
        lambda x: tuple(raw.UniqueWithCountsV2(x=x, axis=[0])),
        i32(9, low=0, high=3),
    ),
]
ROWS = np.sort(np.random.default_rng(0).integers(0, 9, (3, 6)), 1).astype("f")
for op in ("LowerBound", "UpperBound"):

    def search(rows, values, op=op, out="int32"):
        return getattr(raw, op)(sorted_inputs=rows, values=values, out_type=out)

    CASES += [
        case(op, search, ROWS, np.arange(30).reshape(3, 10).astype("f") % 10),
        case(op, search, ROWS.astype("i"), i32(3, 4, low=0, high=9)),
        case(op, lambda a, b, s=search: s(a, b, out="int64"), ROWS, f32(3, 4)),
    ]
CASES += [
    case("LowerBound", lambda x: tf.searchsorted([1.0, 2.0, 5.0], x), f32(4)),
    case(
        "HistogramFixedWidth",
        lambda x: tf.histogram_fixed_width(x, [-1.0, 1.0], 5),
        f32(4, 9),
    ),
    case(
        "HistogramFixedWidth",
        lambda x: tf.histogram_fixed_width(x, [0, 5], 5),
        i32(4, 9),
    ),
    case(
        "HistogramFixedWidth",
        lambda x: raw.HistogramFixedWidth(
            values=x, value_range=[0.0, 1.0], nbins=10, dtype="int64"
        ),
        np.linspace(0, 1, 11).astype("f"),
    ),
    case(
        "UnravelIndex",
        lambda x: raw.UnravelIndex(indices=x, dims=[2, 3, 4]),
        i32(6, low=0, high=23),
    ),
    case(
        "UnravelIndex", lambda x: raw.UnravelIndex(indices=x, dims=[6, 4]), np.int64(7)
    ),
]

VALUES = np.array([3, nan, 1, inf, nan, 3, 0.0, -0.0, -inf, inf, 1, nan, -inf], "f")
CASES += [  # each NaN is distinct
    case(op, lambda x, op=op: tuple(getattr(raw, op)(x=x)), VALUES, dynamic=False)
    for op in ("Unique", "UniqueWithCounts")
]
