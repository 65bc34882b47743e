"""XLA's primitives, compiled by TensorFlow as a graph of jax2tf is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla
from tensorflow.compiler.xla import xla_data_pb2

from tests.ops.cases import OpCase, bf16, case, f32, f64, i32, i64, ints

raw = tf.raw_ops


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A call that only XLA can run; the port inlines it."""
    return tf.function(function, jit_compile=True, autograph=False)


def xla_case(op: str, function: Callable[..., Any], *operands: Any, **how: Any) -> Any:
    """XLA registers hardly any gradient."""
    return case(op, compiled(function), *operands, **{"grad": False, **how})


def dimensions(kind: str, **fields: Any) -> bytes:
    made = getattr(xla_data_pb2, kind)()
    for name, value in fields.items():
        if isinstance(value, int):
            setattr(made, name, value)
        else:
            getattr(made, name).extend(value)
    return made.SerializeToString()


# --- products --------------------------------------------------------------------


def dot(x: Any, y: Any, contract: Any, batch: Any = ((), ()), out: Any = None) -> Any:
    numbers = dimensions(
        "DotDimensionNumbers",
        lhs_contracting_dimensions=contract[0],
        rhs_contracting_dimensions=contract[1],
        lhs_batch_dimensions=batch[0],
        rhs_batch_dimensions=batch[1],
    )
    if out is None:
        return xla.xla_dot(x, y, dimension_numbers=numbers, precision_config="")
    return xla.xla_dot_v2(
        x,
        y,
        dimension_numbers=numbers,
        precision_config="",
        preferred_element_type=out,
    )


def conv(
    spatial: int,
    strides: Any = 1,
    padding: Any = (0, 0),
    inner: Any = 1,
    dilation: Any = 1,
    groups: int = 1,
    last: bool = True,
    v2: bool = False,
    batch_groups: int = 1,
) -> Callable[..., Any]:
    """Channels last with filters [*space, in, out], or both as torch has them."""
    space = list(range(1, spatial + 1)) if last else list(range(2, spatial + 2))
    channel = spatial + 1 if last else 1
    numbers = dimensions(
        "ConvolutionDimensionNumbers",
        input_batch_dimension=0,
        input_feature_dimension=channel,
        input_spatial_dimensions=space,
        kernel_input_feature_dimension=spatial if last else 1,
        kernel_output_feature_dimension=spatial + 1 if last else 0,
        kernel_spatial_dimensions=list(range(spatial)) if last else space,
        output_batch_dimension=0,
        output_feature_dimension=channel,
        output_spatial_dimensions=space,
    )

    def run(x: Any, w: Any) -> Any:
        arguments = {
            "window_strides": np.int32([strides] * spatial),
            "padding": np.int32([padding] * spatial),
            "lhs_dilation": np.int32([inner] * spatial),
            "rhs_dilation": np.int32([dilation] * spatial),
            "feature_group_count": np.int32(groups),
            "dimension_numbers": numbers,
            "precision_config": "",
        }
        if v2:
            return xla.xla_conv_v2(
                x,
                w,
                preferred_element_type=tf.float32,
                batch_group_count=batch_groups,
                **arguments,
            )
        return xla.xla_conv(x, w, **arguments)

    return run


IMAGE, FILTER = f32(2, 7, 7, 4), f32(3, 3, 4, 6)
PRODUCTS = [
    xla_case("XlaDot", lambda x, y: dot(x, y, ([1], [0])), f32(2, 3), f32(3, 4)),
    xla_case("XlaDot", lambda x, y: dot(x, y, ([2], [1])), f32(2, 3, 4), f32(5, 4)),
    xla_case(
        "XlaDot",
        lambda x, y: dot(x, y, ([3], [3]), ([0, 2], [0, 2])),
        f32(2, 3, 5, 4),
        f32(2, 6, 5, 4),
    ),
    xla_case("XlaDot", lambda x, y: dot(x, y, ([0], [0])), f32(4), f32(4), batch=[]),
    xla_case("XlaDot", lambda x, y: dot(x, y, ([1], [0])), i32(2, 3), i32(3, 4)),
    xla_case(
        "XlaDotV2",
        lambda x, y: dot(x, y, ([1], [0]), out=tf.float32),
        bf16(2, 3),
        bf16(3, 4),
    ),
    xla_case(
        "XlaDotV2",
        lambda x, y: dot(x, y, ([1], [1]), out=tf.float64),
        f64(2, 3),
        f64(4, 3),
    ),
    xla_case(
        "XlaDot",
        lambda x, y: dot(x, y, ([1], [0])),
        ints("int8", 2, 3),
        ints("int8", 3, 4),
        declines="no matrices of int8",
    ),
    xla_case(
        "XlaEinsum",
        lambda x, y: xla.xla_einsum(x, y, equation="bij,bjk->bik"),
        f32(2, 3, 4),
        f32(2, 4, 5),
    ),
    xla_case("XlaConv", conv(2), IMAGE, FILTER),
    xla_case("XlaConv", conv(2, strides=2, padding=(1, 1)), IMAGE, FILTER),
    xla_case("XlaConv", conv(2, padding=(0, 1), dilation=2), IMAGE, FILTER),
    xla_case("XlaConv", conv(2, padding=(-1, 2)), IMAGE, FILTER),
    xla_case("XlaConv", conv(2, padding=(2, 2), inner=2), IMAGE, FILTER),
    xla_case("XlaConv", conv(2, groups=2), IMAGE, f32(3, 3, 2, 6)),
    xla_case("XlaConv", conv(1, last=False), f32(2, 4, 9), f32(6, 4, 3)),
    xla_case("XlaConv", conv(3), f32(2, 4, 4, 4, 3), f32(2, 2, 2, 3, 5)),
    xla_case("XlaConvV2", conv(2, strides=2, padding=(0, 1), v2=True), IMAGE, FILTER),
    xla_case(
        "XlaConvV2",
        conv(2, v2=True, batch_groups=2),
        IMAGE,
        FILTER,
        declines="convolved in groups",
        batch=[],
    ),
]

# --- slices, padding, order ------------------------------------------------------

SPECIAL = np.float32([[3, np.nan, -0.0, 0.0, -np.inf], [2, 1, 5, -np.nan, np.inf]])
KEYS = np.float32([[3, 1, np.nan, 1, -3]])


def pad(value: float, low: Any, high: Any, inner: Any) -> Callable[..., Any]:
    return lambda x: xla.xla_pad(x, tf.cast(value, x.dtype), low, high, inner)


def variadic_sort(op: Any, dtype: Any, axis: int, other: Any = None) -> Any:
    count = 2 if other is None else 4
    types = [dtype] * 2 + ([] if other is None else [other] * 2)
    specs = [tf.TensorSpec((), t) for t in types]
    comparator = tf.function(lambda *args: op(args[0], args[1]), autograph=False)
    function = comparator.get_concrete_function(*specs)
    assert len(specs) == count

    def run(*operands: Any) -> Any:
        return xla.xla_variadic_sort(
            list(operands), np.int32(axis), comparator=function, is_stable=True
        )

    return run


SLICES = [
    xla_case(
        "XlaDynamicSlice",
        lambda x, i: xla.xla_dynamic_slice(x, i, np.int32([2, 3])),
        f32(4, 5),
        np.int32([1, 4]),
        batch=[],
    ),
    xla_case(
        "XlaDynamicSlice",
        lambda x, i: xla.xla_dynamic_slice(x, i, np.int64([2, 5])),
        i64(4, 5),
        np.int64([-1, 0]),
        batch=[],
    ),
    xla_case(
        "XlaDynamicUpdateSlice",
        xla.xla_dynamic_update_slice,
        f32(4, 5),
        f32(2, 3),
        np.int32([1, 4]),
        batch=[],
    ),
    xla_case(
        "XlaDynamicUpdateSlice",
        xla.xla_dynamic_update_slice,
        i32(4, 5),
        i32(2, 5),
        np.int32([-3, 0]),
        batch=[],
    ),
    xla_case("XlaPad", pad(0, [0, 1], [0, 2], [0, 0]), f32(3, 4)),
    xla_case("XlaPad", pad(-1.5, [1, -1], [0, 2], [0, 0]), f32(3, 4), batch=[]),
    xla_case("XlaPad", pad(7, [1, -1], [-1, 2], [1, 2]), f32(3, 4), batch=[]),
    xla_case("XlaPad", pad(3, [0, 0], [0, 0], [0, 3]), i32(3, 4)),
    xla_case(
        "XlaPad",
        lambda x, v: xla.xla_pad(x, v, [0, 1], [0, 2], [0, 1]),
        f32(3, 4),
        np.float32(2.5),
    ),
    xla_case(
        "XlaBroadcastHelper",
        lambda x, y: sum(xla.xla_broadcast_helper(x, y, np.int64([1]))),
        f32(2, 3),
        f32(3),
    ),
    xla_case(
        "XlaBroadcastHelper",
        lambda x, y: xla.xla_broadcast_helper(x, y, np.int64([0, 2])),
        f32(2, 4),
        f32(2, 3, 4),
        batch=[],
    ),
    xla_case(
        "XlaBroadcastHelper",
        lambda x, y: xla.xla_broadcast_helper(x, y, np.int64([])),
        f32(2, 4),
        np.float32(3),
    ),
    xla_case("XlaSort", xla.xla_sort, SPECIAL),
    xla_case("XlaSort", xla.xla_sort, f64(3, 6)),
    xla_case("XlaSort", xla.xla_sort, i32(3, 6)),
    xla_case(
        "XlaKeyValueSort", xla.xla_key_value_sort, KEYS, np.int32([[0, 1, 2, 3, 4]])
    ),
    xla_case(
        "XlaVariadicSort",
        variadic_sort(tf.less, tf.int32, 0),
        i32(5, 3, low=-99, high=99),
        batch=[],
    ),
    xla_case(
        "XlaVariadicSort",
        variadic_sort(tf.greater, tf.int32, 1, tf.float32),
        i32(2, 6),
        f32(2, 6),
    ),
    xla_case(
        "XlaVariadicSort",
        variadic_sort(tf.less, tf.float32, 1),
        f32(2, 6),
        declines="NaN has no place",
    ),
    xla_case(
        "XlaVariadicSort",
        variadic_sort(lambda a, b: a * a < b, tf.int32, 1),
        i32(2, 6),
        declines="does more than to compare",
    ),
]

# --- the rest --------------------------------------------------------------------


def looped(x: Any) -> Any:
    specs = [tf.TensorSpec((), tf.int32), tf.TensorSpec((None, 3), tf.float32)]
    cond = tf.function(lambda i, x: i < 3).get_concrete_function(*specs)
    body = tf.function(lambda i, x: (i + 1, x * 2.0)).get_concrete_function(*specs)
    return xla.xla_while([0, x], cond=cond, body=body)[1]


def rebuilt(x: Any) -> Any:
    s, u, v = xla.xla_svd(x, max_iter=100, epsilon=1e-6, precision_config="")
    k = min(x.shape)
    return s, tf.matmul(u[:, :k] * s, v[:, :k], transpose_b=True)


def symmetric(lower: bool) -> Callable[..., Any]:
    def run(x: Any) -> Any:
        w, v = xla.xla_self_adjoint_eig(x, lower=lower, max_iter=100, epsilon=1e-6)
        return w, tf.matmul(v * w, v, transpose_b=True)

    return run


TINY = np.float32([1e-7, 70000, 1.0601, -1e-6, np.nan, np.inf, 6e-5, 0.0156, 0.0078])
TINY = np.concatenate((TINY, np.float32([240, 247.9, 248, -65519, 65520, 0, -0.0])))


def rounded(exponent: int, mantissa: int) -> OpCase:
    return xla_case(
        "XlaReducePrecision",
        lambda x: xla.xla_reduce_precision(x, exponent, mantissa),
        TINY,
        signed=True,
    )


REST = [
    xla_case("XlaWhile", looped, f32(2, 3)),
    xla_case("XlaSvd", rebuilt, f32(4, 3), batch=[], atol=1e-5),
    xla_case("XlaSvd", rebuilt, f32(3, 5), batch=[], atol=1e-5),
    xla_case("XlaSelfAdjointEig", symmetric(True), f32(4, 4), batch=[], atol=1e-5),
    xla_case("XlaSelfAdjointEig", symmetric(False), f32(4, 4), batch=[], atol=1e-5),
    rounded(5, 10),
    rounded(8, 7),
    rounded(4, 3),
    rounded(8, 23),
    xla_case(
        "XlaOptimizationBarrier",
        lambda x, y: xla.xla_optimization_barrier([x, y]),
        f32(2, 3),
        f32(2),
    ),
    xla_case(
        "XlaSharding", lambda x: xla.xla_sharding(x, sharding="") * 2.0, f32(2, 3)
    ),
]

CASES = [*PRODUCTS, *SLICES, *REST]
