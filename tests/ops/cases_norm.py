"""Batch normalisation in both modes, LRN, L2Loss."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, bf16, case, f16, f32, f64

raw = tf.raw_ops
EMPTY = np.zeros(0, "float32")


def batch_norm(
    x: Any,
    op: str = "FusedBatchNormV3",
    results: int = 3,
    data_format: str = "NHWC",
    atol: float | None = None,
) -> OpCase:
    def function(x: Any, scale: Any, offset: Any, mean: Any, variance: Any) -> Any:
        return getattr(raw, op)(
            x=x,
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            is_training=False,
            epsilon=1e-3,
            data_format=data_format,
        )[:results]

    channels = x.shape[-1]
    vectors = [f32(channels, low=0.5, high=1.5) for _ in range(4)]
    return case(op, function, x, *vectors, batch=[0], grad=(0,), atol=atol)


def training(
    x: Any, factor: float, op: str = "FusedBatchNormV3", results: int = 5
) -> OpCase:
    def function(x: Any, scale: Any, offset: Any, mean: Any, variance: Any) -> Any:
        return getattr(raw, op)(
            x=x,
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            exponential_avg_factor=factor,
            epsilon=1e-3,
        )[:results]

    vectors = [f32(x.shape[-1], low=0.5, high=1.5) for _ in range(4)]
    given = vectors[2:] if factor != 1 else [EMPTY, EMPTY]
    label = f"training-{factor}"
    return case(
        op,
        function,
        x,
        *vectors[:2],
        *given,
        batch=[0],
        grad=(0,),
        atol=1e-5,
        name=label,
    )


LRN = [
    case(
        "LRN",
        lambda x, r=radius, b=bias, a=alpha: raw.LRN(
            input=x, depth_radius=r, bias=b, alpha=a, beta=0.75
        ),
        x,
        name=f"{radius}-{x.dtype}",
    )
    for (radius, bias, alpha), x in product(
        ((2, 1.0, 1e-2), (5, 2.0, 0.5)), (f32(2, 3, 4, 7), f16(2, 3, 4, 7))
    )
]
CASES = [
    batch_norm(f32(2, 4, 5, 3), results=5),
    batch_norm(f32(2, 4, 5, 3), op="FusedBatchNorm"),
    batch_norm(f16(2, 4, 5, 3)),
    batch_norm(bf16(2, 4, 5, 3)),
    batch_norm(f32(2, 3, 4, 5, 3), data_format="NDHWC"),
    batch_norm(f32(0, 4, 5, 3), results=1),
    training(f32(2, 4, 5, 3), 1.0),
    training(f32(2, 4, 5, 3), 0.1),
    training(f32(2, 4, 5, 3), 1.0, op="FusedBatchNorm"),
    *LRN,
    *(
        case("L2Loss", lambda x: raw.L2Loss(t=x), x)
        for x in (f32(3, 4), f64(3, 4), f32(0, 4))
    ),
]
