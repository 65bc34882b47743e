"""Sliding windows and dilation."""

from __future__ import annotations

from itertools import product
from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, c64, case, f32, f64, i32

raw = tf.raw_ops


def patches(x: Any, size: int, stride: int, rate: int, padding: str) -> list[OpCase]:
    def function(x: Any) -> Any:
        return raw.ExtractImagePatches(
            images=x,
            ksizes=[1, size, size, 1],
            strides=[1, stride, stride, 1],
            rates=[1, rate, rate, 1],
            padding=padding,
        )

    name = f"{size}-{stride}-{rate}-{padding}-{x.dtype}"
    op = "ExtractImagePatches"
    return [
        case(op, function, x, name=name),
        case(op, function, x, all=True, static=False, grad=False, name=f"{name}-any"),
    ]


def volumes(size: int, stride: int, padding: str) -> OpCase:
    return case(
        "ExtractVolumePatches",
        lambda x: raw.ExtractVolumePatches(
            input=x,
            ksizes=[1, size, size, size, 1],
            strides=[1, stride, stride, stride, 1],
            padding=padding,
        ),
        f32(2, 5, 6, 7, 2),
    )


def dilate(x: Any, w: Any, stride: int, rate: int, padding: str, **more: Any) -> OpCase:
    return case(
        "Dilation2D",
        lambda x, w: raw.Dilation2D(
            input=x,
            filter=w,
            strides=[1, stride, stride, 1],
            rates=[1, rate, rate, 1],
            padding=padding,
        ),
        x,
        w,
        batch=[0],
        **more,
    )


def dilate_grad(op: str, stride: int, rate: int, padding: str) -> OpCase:
    span = 2 * rate + 1, rate + 1
    sizes = [
        -(-(n if padding == "SAME" else n - k + 1) // stride)
        for n, k in zip((7, 8), span, strict=True)
    ]
    return case(
        op,
        lambda x, w, grad: getattr(raw, op)(
            input=x,
            filter=w,
            out_backprop=grad,
            strides=[1, stride, stride, 1],
            rates=[1, rate, rate, 1],
            padding=padding,
        ),
        f32(2, 7, 8, 3),
        f32(3, 2, 3),
        f32(2, *sizes, 3),
        batch=[0, 2],
        grad=False,
        atol=1e-5,
    )


WINDOWS = ((1, 1, 1), (2, 1, 1), (3, 2, 1), (2, 2, 2), (3, 1, 2))
PADDINGS = ("SAME", "VALID")
CASES = [
    *(
        c
        for window, padding in product(WINDOWS, PADDINGS)
        for c in patches(f32(2, 7, 8, 3), *window, padding)
    ),
    *(
        c
        for x in (i32(2, 7, 8, 3), c64(2, 7, 8, 3))
        for c in patches(x, 3, 2, 1, "SAME")
    ),
    *(volumes(2, stride, padding) for stride, padding in product((1, 2), PADDINGS)),
    *(
        dilate(f32(2, 7, 8, 3), f32(3, 2, 3), stride, rate, padding)
        for stride, rate, padding in product((1, 2), (1, 2), PADDINGS)
    ),
    *(
        dilate_grad(f"Dilation2DBackprop{by}", stride, rate, padding)
        for by, stride, rate, padding in product(
            ("Input", "Filter"), (1, 2), (1, 2), PADDINGS
        )
    ),
    dilate(f64(2, 7, 8, 3), f64(3, 2, 3), 1, 1, "SAME"),
    dilate(i32(2, 7, 8, 3), i32(3, 2, 3), 1, 1, "VALID"),
    dilate(i32(2, 7, 8, 3), i32(3, 2, 3), 1, 1, "SAME", declines="neutral"),
]
