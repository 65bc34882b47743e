"""XLA's gathers, scatters and reductions over windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla

from tests.ops.cases import f32, i32
from tests.ops.cases_xla import dimensions, xla_case


def scalar_function(function: Callable[..., Any], dtype: Any, count: int = 2) -> Any:
    specs = [tf.TensorSpec((), dtype) for _ in range(count)]
    return tf.function(function, autograph=False).get_concrete_function(*specs)


def gather(sizes: Any, offset: Any, collapsed: Any, mapped: Any, vector: int) -> Any:
    numbers = dimensions(
        "GatherDimensionNumbers",
        offset_dims=offset,
        collapsed_slice_dims=collapsed,
        start_index_map=mapped,
        index_vector_dim=vector,
    )
    return lambda x, i: xla.xla_gather(
        x, i, np.int32(sizes), dimension_numbers=numbers, indices_are_sorted=False
    )


def scatter(
    function: Any, window: Any, inserted: Any, mapped: Any, vector: int, dtype: Any
) -> Any:
    numbers = dimensions(
        "ScatterDimensionNumbers",
        update_window_dims=window,
        inserted_window_dims=inserted,
        scatter_dims_to_operand_dims=mapped,
        index_vector_dim=vector,
    )
    combine = scalar_function(function, dtype)
    return lambda x, i, u: xla.xla_scatter(
        x,
        i,
        u,
        update_computation=combine,
        dimension_numbers=numbers,
        indices_are_sorted=False,
    )


def reduce(function: Any, initial: Any, axes: Any, dtype: Any = tf.float32) -> Any:
    combine = scalar_function(function, dtype)
    return lambda x: xla.xla_reduce(
        x, tf.cast(initial, dtype), dimensions_to_reduce=axes, reducer=combine
    )


def reduce_window(
    function: Any,
    initial: Any,
    sizes: Any,
    strides: Any,
    padding: Any,
    base: Any = (1, 1),
    dilations: Any = (1, 1),
    dtype: Any = tf.float32,
) -> Any:
    combine = scalar_function(function, dtype)
    return lambda x: xla.xla_reduce_window(
        x,
        tf.cast(initial, dtype),
        np.int32(sizes),
        np.int32(strides),
        np.int32(base),
        np.int32(dilations),
        np.int32(padding),
        computation=combine,
    )


def select_and_scatter(select: Any, sizes: Any, strides: Any, padding: Any) -> Any:
    chosen = scalar_function(select, tf.float32)
    combine = scalar_function(tf.add, tf.float32)
    return lambda x, s: xla.xla_select_and_scatter(
        x,
        np.int32(sizes),
        np.int32(strides),
        np.int32(padding),
        s,
        np.float32(0.5),
        select=chosen,
        scatter=combine,
    )


def variadic(v2: bool, count: int = 1) -> Any:
    specs = [tf.TensorSpec((), tf.float32)] * (2 * count)
    if count == 1:
        function = tf.function(lambda a, b: a + b)
    else:
        function = tf.function(lambda a, b, c, d: (a + c, b * d))
    reducer = function.get_concrete_function(*specs)

    def run(x: Any) -> Any:
        operands, initials = [x] * count, [np.float32(1)] * count
        op = xla.xla_variadic_reduce_v2 if v2 else xla.xla_variadic_reduce
        return op(operands, initials, dimensions_to_reduce=[1], reducer=reducer)

    return run


ROWS = np.int32([3, 0, 9, -2])
POINTS = np.int32([[1, 2], [0, 0], [3, 3], [1, 2]])
TIES = np.float32(
    [[1, 1, 0, 2, 2], [1, 1, 3, 2, 2], [0, -1, 3, 3, -2], [5, 5, 5, 5, 5]]
)


def second(a: Any, b: Any) -> Any:
    return b


CASES = [
    xla_case("XlaGather", gather([1, 5], [1], [0], [0], 1), f32(4, 5), ROWS, batch=[]),
    xla_case(
        "XlaGather", gather([2, 3], [1, 2], [], [0, 1], 1), f32(4, 5), POINTS, batch=[]
    ),
    xla_case(
        "XlaGather",
        gather([1, 1], [], [0, 1], [0, 1], 0),
        i32(4, 5),
        POINTS.T.copy(),
        batch=[],
    ),
    xla_case(
        "XlaGather",
        gather([4, 1], [0], [1], [1], 2),
        f32(4, 5),
        np.int32([[0, 4], [2, 7]]),
        batch=[],
    ),
    xla_case(
        "XlaScatter",
        scatter(tf.add, [1], [0], [0], 1, tf.float32),
        f32(4, 5),
        ROWS,
        f32(4, 5),
        batch=[],
    ),
    xla_case(
        "XlaScatter",
        scatter(second, [1], [0], [0], 1, tf.int32),
        i32(4, 5),
        ROWS,
        i32(4, 5),
        batch=[],
    ),
    xla_case(
        "XlaScatter",
        scatter(tf.maximum, [1, 2], [], [0, 1], 1, tf.float32),
        f32(4, 5),
        POINTS,
        f32(4, 2, 2),
        batch=[],
    ),
    xla_case(
        "XlaScatter",
        scatter(tf.multiply, [], [0, 1], [0, 1], 1, tf.float32),
        f32(4, 5),
        POINTS,
        f32(4),
        batch=[],
    ),
    xla_case(
        "XlaScatter",
        scatter(lambda a, b: a + 2 * b, [1], [0], [0], 1, tf.float32),
        f32(4, 5),
        ROWS,
        f32(4, 5),
        batch=[],
        declines="more than one sum",
    ),
    xla_case("XlaReduce", reduce(tf.add, 0, [1, 2]), f32(2, 3, 4)),
    xla_case("XlaReduce", reduce(tf.add, 1.5, [0]), f32(4, 3), batch=[]),
    xla_case("XlaReduce", reduce(tf.maximum, -np.inf, [1]), f32(4, 3)),
    xla_case("XlaReduce", reduce(tf.minimum, 0.0, [1]), f32(4, 3)),
    xla_case("XlaReduce", reduce(tf.multiply, 1, [1, 2]), f32(2, 3, 4)),
    xla_case("XlaReduce", reduce(tf.add, 0, [1], tf.int32), i32(2, 3)),
    xla_case(
        "XlaReduce",
        reduce(tf.logical_and, True, [1], tf.bool),
        np.array([[True, False], [True, True]]),
    ),
    xla_case(
        "XlaReduce",
        reduce(tf.logical_or, False, [0, 1], tf.bool),
        np.array([[True, False], [True, True]]),
        batch=[],
    ),
    xla_case(
        "XlaReduce",
        reduce(lambda a, b: a + b * b, 0, [1]),
        f32(2, 3),
        declines="more than one sum",
    ),
    xla_case("XlaVariadicReduce", variadic(False), f32(4, 3)),
    xla_case("XlaVariadicReduceV2", variadic(True), f32(4, 3)),
    xla_case(
        "XlaVariadicReduceV2",
        variadic(True, 2),
        f32(4, 3),
        declines="several operands together",
    ),
    xla_case(
        "XlaReduceWindow",
        reduce_window(tf.maximum, -np.inf, [2, 2], [2, 1], [[0, 1], [1, 0]]),
        f32(4, 5),
        batch=[],
    ),
    xla_case(
        "XlaReduceWindow",
        reduce_window(tf.add, 1.0, [1, 3], [1, 2], [[0, 0], [2, -1]], (1, 2), (1, 2)),
        f32(4, 6),
    ),
    xla_case(
        "XlaReduceWindow",
        reduce_window(tf.add, 0, [1, 6], [1, 1], [[0, 0], [5, 0]], dtype=tf.int32),
        i32(4, 6),
    ),
    xla_case(
        "XlaReduceWindow",
        reduce_window(tf.multiply, 1.0, [2, 2], [1, 1], [[0, 0], [0, 0]]),
        f32(4, 5),
        batch=[],
    ),
    *(
        xla_case(
            "XlaSelectAndScatter",
            select_and_scatter(select, [2, 2], [1, 2], padding),
            x,
            f32(*shape),
            batch=[],
        )
        for select in (tf.greater_equal, tf.greater, tf.less_equal)
        for x, padding, shape in (
            (TIES, [[0, 0], [0, 1]], (3, 3)),
            (f32(4, 5), [[1, 0], [1, 0]], (4, 3)),
        )
    ),
]
