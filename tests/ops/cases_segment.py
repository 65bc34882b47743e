"""Reductions of the rows that share a segment."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, c64, case, f16, f32, f64, i32, ints

raw = tf.raw_ops
IDS = np.array([0, 0, 2, 2, 2, 5], "i")
MIXED = np.array([3, 0, -1, 3, 1, 0], "i")


def compiled(op: str):
    """TensorFlow has no CPU kernel of the V2 ops, but XLA compiles them."""

    @tf.function(jit_compile=True)
    def function(x, ids):
        return getattr(raw, op)(data=x, segment_ids=ids, num_segments=7)

    return function


TIES = np.array([[1.0, 2], [1, 2], [3, 3], [3, 1], [3, 0], [0, 0]], "f")
CASES: list[OpCase] = []
for op in ("Sum", "Mean", "Max", "Min", "Prod"):

    def segment(x, ids, op=op):
        return getattr(raw, f"Segment{op}")(data=x, segment_ids=ids)

    CASES += [
        case(f"Segment{op}", segment, f32(6, 3), IDS, batch=[]),
        case(f"Segment{op}", segment, f32(6), IDS.astype("int64"), all=True),
        case(f"Segment{op}", segment, f64(6, 2, 2), IDS, dynamic=False),
        case(f"Segment{op}", segment, TIES, IDS, dynamic=False, name="ties"),
    ]
    if op != "Mean":
        CASES.append(case(f"Segment{op}", segment, i32(6, 3), IDS, dynamic=False))
for op in ("Sum", "Max", "Min", "Prod"):

    def unsorted(x, ids, op=op, count=5):
        name = f"UnsortedSegment{op}"
        return getattr(raw, name)(data=x, segment_ids=ids, num_segments=count)

    CASES += [
        case(f"UnsortedSegment{op}", unsorted, f32(6, 3), MIXED, batch=[0, 1]),
        case(f"UnsortedSegment{op}", unsorted, f32(6, 2), i32(6, 2, low=0, high=4)),
        case(f"UnsortedSegment{op}", unsorted, TIES, MIXED, batch=[], name="ties"),
        case(f"UnsortedSegment{op}", unsorted, f64(6), MIXED, dynamic=False),
        case(f"UnsortedSegment{op}", unsorted, f32(0, 3), i32(0), dynamic=False),
        case(
            f"UnsortedSegment{op}",
            lambda x, i, n, u=unsorted: u(x, i, count=n),
            f32(6, 3),
            MIXED,
            np.int32(6),
            batch=[],
        ),
    ]
    CASES += [
        case(f"UnsortedSegment{op}", unsorted, ints(dtype, 6, 3), MIXED, batch=[])
        for dtype in ("int8", "int32", "int64", "uint8")
    ]
    CASES.append(
        case(
            f"Segment{op}V2",
            compiled(f"Segment{op}V2"),
            f32(6, 3),
            IDS,
            batch=[],
        )
    )
CASES += [
    case(
        "SegmentSum",
        lambda x: raw.SegmentSum(data=x, segment_ids=IDS),
        c64(6, 2),
        dynamic=False,
    ),
    case(
        "UnsortedSegmentSum",
        lambda x: tf.math.unsorted_segment_sum(x, MIXED, 4),
        f16(6, 2),
        dynamic=False,
    ),
    case(
        "UnsortedSegmentSum",
        lambda x: tf.math.unsorted_segment_mean(x, MIXED, 4),
        f32(6, 2),
        dynamic=False,
    ),
    case(
        "UnsortedSegmentSum",
        lambda x: tf.math.unsorted_segment_sqrt_n(x, MIXED, 4),
        f32(6, 2),
        dynamic=False,
    ),
]

# An infinity is no empty segment, and yet the lowest (highest) number comes out.
INFINITE = np.array([[-np.inf, np.inf], [1, -np.inf], [np.inf, np.inf]], "f")
CASES += [
    case(
        f"UnsortedSegment{op}",
        lambda x, op=op: getattr(raw, f"UnsortedSegment{op}")(
            data=x, segment_ids=np.array([0, 2, 3]), num_segments=4
        ),
        INFINITE,
        dynamic=False,
    )
    for op in ("Max", "Min")
]
