"""Slices, gathers, scatters, pads and rolls over random shapes, masks and values."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ops.cases import case
from tests.ops.runner import check

raw = tf.raw_ops
DTYPES = ["float32", "float64", "int32", "bool", "uint8"]
some = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
sizes = st.integers(0, 4)
shapes = st.lists(sizes, min_size=1, max_size=4).map(tuple)


def values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    made = np.arange(int(np.prod(shape))).reshape(shape) * 7 % 11
    return made.astype(dtype)


def compare(op: str, function: Any, *arrays: np.ndarray) -> None:
    made = case(op, function, *arrays, batch=[])
    check(made, False)


@st.composite
def strided(draw: Any) -> tuple[tuple[int, ...], dict[str, Any]]:
    """A shape and the operands of a StridedSlice that TensorFlow takes."""
    shape = draw(shapes)
    count = draw(st.integers(1, len(shape)))
    bound = st.integers(-6, 6)
    steps = st.sampled_from([-3, -2, -1, 1, 2, 3])
    masks = {k: draw(st.integers(0, 2**count - 1)) for k in ("begin_mask", "end_mask")}
    masks["new_axis_mask"] = draw(st.integers(0, 2**count - 1))
    shrink = 0
    begin = draw(st.lists(bound, min_size=count, max_size=count))
    strides = draw(st.lists(steps, min_size=count, max_size=count))
    axis = 0
    for i in range(count):
        if masks["new_axis_mask"] >> i & 1:
            continue
        if draw(st.booleans()) and shape[axis]:
            shrink |= 1 << i
            begin[i] = draw(st.integers(-shape[axis], shape[axis] - 1))
            strides[i] = 1
        axis += 1
    end = draw(st.lists(bound, min_size=count, max_size=count))
    ellipsis = 0
    if draw(st.booleans()):
        ellipsis = 1 << draw(st.integers(0, count - 1))
        shrink = 0
    given = dict(begin=begin, end=end, strides=strides, shrink_axis_mask=shrink)
    return shape, {**given, **masks, "ellipsis_mask": ellipsis}


@some
@given(strided(), st.sampled_from(DTYPES))
def test_strided_slice(
    slice_: tuple[tuple[int, ...], dict[str, Any]], dtype: str
) -> None:
    shape, operands = slice_
    function = lambda x: raw.StridedSlice(input=x, **operands)  # noqa: E731
    compare("StridedSlice", function, values(shape, dtype))


@some
@given(strided())
def test_strided_slice_update(slice_: tuple[tuple[int, ...], dict[str, Any]]) -> None:
    shape, operands = slice_
    x = values(shape, "float32")
    part = raw.StridedSlice(input=x, **operands).numpy()
    function = lambda x, v: raw.TensorStridedSliceUpdate(  # noqa: E731
        input=x, value=v, **operands
    )
    compare("TensorStridedSliceUpdate", function, x, -part - 1)


@some
@given(st.data())
def test_gather(data: Any) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
    axis = data.draw(st.integers(0, len(shape) - 1))
    batch = data.draw(st.integers(0, axis))
    ids = data.draw(st.lists(sizes, max_size=2).map(tuple))
    ids_shape = shape[:batch] + ids
    indices = values(ids_shape, "int32") % shape[axis]
    dtype = data.draw(st.sampled_from(DTYPES))
    negative = data.draw(st.booleans())
    place = axis - len(shape) if negative else axis
    function = lambda x, i: tf.gather(x, i, axis=place, batch_dims=batch)  # noqa: E731
    compare("GatherV2", function, values(shape, dtype), indices)


@some
@given(st.data())
def test_gather_and_scatter_nd(data: Any) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
    depth = data.draw(st.integers(1, len(shape)))
    rows = data.draw(st.lists(sizes, min_size=1, max_size=2).map(tuple))
    indices = values((*rows, depth), "int32") % np.int32(shape[:depth])
    compare("GatherNd", tf.gather_nd, values(shape, "float32"), indices)
    updates = values(rows + shape[depth:], "float32")
    function = lambda i, u: tf.scatter_nd(i, u, shape)  # noqa: E731
    compare("ScatterNd", function, indices, updates)
    compare(
        "TensorScatterAdd",
        tf.tensor_scatter_nd_add,
        values(shape, "float32"),
        indices,
        updates,
    )


@some
@given(st.data())
def test_pad(data: Any) -> None:
    shape = data.draw(shapes)
    amounts = st.tuples(st.integers(0, 3), st.integers(0, 3))
    pads = data.draw(st.lists(amounts, min_size=len(shape), max_size=len(shape)))
    dtype = data.draw(st.sampled_from(DTYPES))
    compare("Pad", lambda x: tf.pad(x, pads), values(shape, dtype))
    for mode, less in (("REFLECT", 1), ("SYMMETRIC", 0)):
        fitting = [
            (min(a, max(n - less, 0)), min(b, max(n - less, 0)))
            for (a, b), n in zip(pads, shape, strict=True)
        ]
        if dtype == "bool" or 0 in shape:
            continue
        function = lambda x, p=fitting, m=mode: tf.pad(x, p, m)  # noqa: E731
        compare("MirrorPad", function, values(shape, dtype))


@some
@given(st.data())
def test_reshape(data: Any) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
    factors = list(data.draw(st.permutations([f for n in shape for f in _factors(n)])))
    target: list[int] = []
    while factors:
        count = data.draw(st.integers(1, len(factors)))
        target.append(int(np.prod(factors[:count])))
        del factors[:count]
    if target and data.draw(st.booleans()):
        target[data.draw(st.integers(0, len(target) - 1))] = -1
    compare("Reshape", lambda x: tf.reshape(x, target), values(shape, "float32"))


def _factors(size: int) -> list[int]:
    return {1: [1], 2: [2], 3: [3], 4: [2, 2]}[size]


@some
@given(st.data())
def test_roll_reverse_tile(data: Any) -> None:
    shape = data.draw(shapes)
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), max_size=3))
    shifts = [data.draw(st.integers(-5, 5)) for _ in axes]
    x = values(shape, data.draw(st.sampled_from(DTYPES)))
    if axes:
        compare("Roll", lambda x: tf.roll(x, shifts, axes), x)
    unique = list({a % len(shape): a for a in axes}.values())
    compare("ReverseV2", lambda x: tf.reverse(x, unique), x)
    times = [data.draw(st.integers(0, 3)) for _ in shape]
    compare("Tile", lambda x: tf.tile(x, times), x)
