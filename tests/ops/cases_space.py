"""Blocks of space moved into channels and into the batch, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, i32

raw = tf.raw_ops


def blocks(op: str, size: int) -> Callable[[Any], Any]:
    return lambda x: getattr(raw, op)(input=x, block_size=size)


def depth(op: str, shape: tuple[int, ...]) -> list[OpCase]:
    function = blocks(op, 2)
    return [
        case(op, function, f32(*shape)),
        case(op, function, f32(*shape), all=True),
        case(op, function, i32(*shape)),
    ]


def batches(
    op: str, shape: tuple[int, ...], size: Sequence[int], edges: Sequence[Sequence[int]]
) -> OpCase:
    name = "crops" if op.startswith("Batch") else "paddings"
    given = {name: tf.constant(edges), "block_shape": tf.constant(size)}
    function = lambda x: getattr(raw, op)(input=x, **given)  # noqa: E731
    return case(op, function, f32(*shape), batch=[], all=True)


PADDINGS = np.array([[1, 0], [1, 1]], "int32")
FORWARD = [
    ((2, 4, 6, 3), [2, 3], [[0, 0], [0, 0]]),
    ((2, 5, 4, 3), [2, 2], [[1, 0], [1, 1]]),
    ((2, 5, 3), [2], [[1, 0]]),
    ((2, 5, 4, 3, 2), [2, 2, 3], [[1, 0], [1, 1], [0, 0]]),
    ((2, 5), [2], [[0, 1]]),
]
BACKWARD = [((12, *shape[1:]), size, edges) for shape, size, edges in FORWARD]


def axes(op: str, x: Any, source: str = "NHWC", target: str = "NCHW") -> OpCase:
    function = lambda x: getattr(raw, op)(  # noqa: E731
        x=x, src_format=source, dst_format=target
    )
    return case(op, function, x, dynamic=False)


CASES = [
    *depth("SpaceToDepth", (2, 4, 6, 3)),
    *depth("SpaceToDepth", (2, 4, 6, 1)),
    *depth("DepthToSpace", (2, 2, 3, 12)),
    *depth("DepthToSpace", (2, 2, 3, 4)),
    *(batches("SpaceToBatchND", *given) for given in FORWARD),
    *(batches("BatchToSpaceND", *given) for given in BACKWARD),
    case(
        "SpaceToBatch",
        lambda x: raw.SpaceToBatch(
            input=x, block_size=2, paddings=tf.constant([[1, 0], [0, 0]])
        ),
        f32(2, 3, 4, 3),
    ),
    case(
        "BatchToSpace",
        lambda x: raw.BatchToSpace(
            input=x, block_size=2, crops=tf.constant([[1, 0], [0, 0]])
        ),
        f32(8, 3, 4, 3),
        dynamic=False,
    ),
    case(
        "SpaceToBatchND",
        lambda x, paddings: raw.SpaceToBatchND(
            input=x, block_shape=tf.constant([2, 2]), paddings=paddings
        ),
        f32(2, 5, 4, 3),
        PADDINGS,
        batch=[0],
        name="runtime",
    ),
    axes("DataFormatDimMap", np.array([0, 1, 2, 3, -1, -2], "int32")),
    axes("DataFormatVecPermute", np.array([1, 2, 3, 4], "int32")),
    axes("DataFormatVecPermute", np.array([1, 2], "int32")),
    axes("DataFormatVecPermute", np.arange(8).reshape(4, 2)),
    axes("DataFormatVecPermute", np.array([1, 2, 3, 4]), "NCHW", "NHWC"),
]
