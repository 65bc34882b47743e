"""Elementwise ops and reductions over random shapes, dtypes and edge values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import broadcastable_shapes

from tests.ops.cases import case
from tests.ops.runner import check
from tf2torch.transpiler.tf_ops import schema

raw = tf.raw_ops

some = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to shrink would trace and compile for minutes
)
FLOATS = ["float32", "float64"]
INTS = ["int8", "int16", "int32", "int64", "uint8"]
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)
# Each draw takes one of these, as the tolerance is relative to the largest value.
EDGES = (
    (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, 2.5, 3.7, -0.3),
    (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.0),
    (1e30, -1e30, 1e-30, -1e-30, 88.0, -104.0, 0.0),
)
UNARY = (
    "Abs Neg Sign Sqrt Rsqrt Exp Expm1 Log Log1p Sin Cos Tan Tanh Sinh Cosh Asin Acos "
    "Atan Asinh Acosh Atanh Erf Erfc Floor Ceil Rint Round IsNan IsInf IsFinite Relu "
    "Relu6 Elu Selu Softplus Softsign Sigmoid Square Reciprocal Lgamma Digamma Ndtri"
).split()
BINARY = (
    "AddV2 Sub Mul RealDiv Maximum Minimum Pow FloorDiv FloorMod Atan2 NextAfter "
    "SquaredDifference DivNoNan MulNoNan Xlogy Xlog1py Xdivy Less LessEqual Greater "
    "GreaterEqual Equal NotEqual"
).split()
INTEGER = (
    "AddV2 Sub Mul Maximum Minimum Less Equal BitwiseAnd BitwiseOr BitwiseXor "
    "SquaredDifference"
).split()
# Trigonometric functions of huge numbers and functions near their poles are not
# reproducible to the last digits by any library.
WILD = {"Sin", "Cos", "Tan", "Lgamma", "Digamma", "Sinh", "Cosh", "Pow", "FloorMod"}
REDUCTIONS = "Sum Prod Max Min Mean EuclideanNorm".split()


def applied(ops: list[str], *operands: Any) -> list[Any]:
    """Each op of those operands, named as the op's schema names them."""
    made = []
    for op in ops:
        names = [a.name for a in schema(op).input_arg]
        made.append(getattr(raw, op)(**dict(zip(names, operands, strict=True))))
    return made


def compare(function: Callable[..., Any], *arrays: np.ndarray, grad: bool) -> None:
    check(case("bundle", function, *arrays, grad=grad, batch=[]), False)


def drawn(data: Any, shape: tuple[int, ...], edges: tuple[float, ...]) -> np.ndarray:
    size = int(np.prod(shape))
    some = st.lists(st.sampled_from(edges), min_size=size, max_size=size)
    return np.array(data.draw(some), "float64").reshape(shape)


def integers(data: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    info, size = np.iinfo(dtype), int(np.prod(shape))
    edges = st.sampled_from([info.min, info.max, 0, 1, 2, 7, info.max - 1])
    values = st.one_of(edges, st.integers(int(info.min), int(info.max)))
    made = data.draw(st.lists(values, min_size=size, max_size=size))
    return np.array(made, dtype).reshape(shape)


def tame(ops: list[str], edges: tuple[float, ...]) -> list[str]:
    return [op for op in ops if op not in WILD] if edges is EDGES[2] else ops


@some
@given(st.data(), shapes, st.sampled_from(FLOATS), st.sampled_from(EDGES))
def test_unary(data: Any, shape: Any, dtype: str, edges: Any) -> None:
    x = drawn(data, shape, edges).astype(dtype)
    compare(lambda x: applied(tame(UNARY, edges), x), x, grad=False)


@some
@given(st.data(), shapes, st.sampled_from(FLOATS), st.sampled_from(EDGES))
def test_binary(data: Any, shape: Any, dtype: str, edges: Any) -> None:
    other = data.draw(broadcastable_shapes(shape, max_dims=3, max_side=3, min_side=0))
    x, y = (drawn(data, s, edges).astype(dtype) for s in (shape, other))
    compare(lambda x, y: applied(tame(BINARY, edges), x, y), x, y, grad=False)


@some
@given(st.data(), shapes, st.sampled_from(FLOATS))
def test_gradients(data: Any, shape: Any, dtype: str) -> None:
    """Broadcast operands sum their gradients."""
    smooth = "Tanh Exp Square Softplus Sigmoid Erf Sin Atan Expm1 Elu".split()
    pairs = "AddV2 Sub Mul SquaredDifference Maximum Minimum Atan2".split()
    other = data.draw(broadcastable_shapes(shape, max_dims=3, max_side=3, min_side=0))
    values = (0.3, -0.7, 1.1, 1.9, -2.3, 0.05)
    x, y = (drawn(data, s, values).astype(dtype) for s in (shape, other))
    function = lambda x, y: applied(smooth, x) + applied(pairs, x, y + 0.01)  # noqa: E731
    compare(function, x, y, grad=True)


@some
@given(st.data(), shapes, st.sampled_from(INTS))
def test_integers(data: Any, shape: Any, dtype: str) -> None:
    """Overflow wraps, division floors or truncates."""
    other = data.draw(broadcastable_shapes(shape, max_dims=3, max_side=3, min_side=0))
    x, y = (integers(data, s, dtype) for s in (shape, other))
    skipped = {"SquaredDifference"} if dtype in ("int8", "int16", "uint8") else set()
    ops = [op for op in INTEGER if op not in skipped]
    compare(lambda x, y: applied(ops, x, y), x, y, grad=False)
    by = np.where(y % 7 == 0, 3, y % 7).astype(dtype)
    divisions = ["FloorDiv", "FloorMod", "TruncateDiv"]
    divisions += ["TruncateMod"] if dtype in ("int32", "int64") else []
    compare(lambda x, y: applied(divisions, x, y), x, by, grad=False)
    shift = (np.abs(y.astype("int64")) % (8 * y.itemsize)).astype(dtype)
    shifts = ["LeftShift", "RightShift"]
    compare(lambda x, y: applied(shifts, x, y), x, shift, grad=False)


@st.composite
def reductions(draw: Any) -> tuple[tuple[int, ...], list[int], bool]:
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple))
    places = st.integers(-len(shape), len(shape) - 1)
    axes = draw(st.lists(places, max_size=len(shape)))
    unique = list({a % len(shape): a for a in axes}.values())
    return shape, unique, draw(st.booleans())


@some
@given(st.data(), reductions(), st.sampled_from(FLOATS), st.sampled_from(EDGES[:2]))
def test_reductions(data: Any, case_: Any, dtype: str, edges: Any) -> None:
    shape, axes, keep = case_
    x = drawn(data, shape, edges).astype(dtype)

    def function(x: Any) -> list[Any]:
        made = [
            getattr(raw, op)(input=x, axis=np.array(axes, "i"), keep_dims=keep)
            for op in REDUCTIONS
        ]
        flags = [
            getattr(raw, op)(input=x > 0, axis=np.array(axes, "i"), keep_dims=keep)
            for op in ("All", "Any")
        ]
        return [*made, *flags, tf.reduce_logsumexp(x, axes, keep)]

    compare(function, x, grad=False)


@some
@given(st.data(), reductions(), st.sampled_from([*FLOATS, "int32", "int64"]))
def test_scans_and_places(data: Any, case_: Any, dtype: str) -> None:
    """Cumulative sums and products both ways, and where the extremes are."""
    shape, axes, flag = case_
    axis = axes[0] if axes else 0
    x = drawn(data, shape, EDGES[0]).astype(dtype)
    flags = {"axis": axis, "exclusive": flag, "reverse": len(axes) % 2 == 1}

    def function(x: Any) -> list[Any]:
        scans = [raw.Cumsum(x=x, **flags), raw.Cumprod(x=x, **flags)]
        if shape[axis] == 0:
            return scans
        places = [op(input=x, dimension=axis) for op in (raw.ArgMax, raw.ArgMin)]
        return scans + places

    compare(function, x, grad=False)


@some
@given(st.data(), st.integers(0, 6), st.integers(1, 4), st.sampled_from(FLOATS))
def test_segments(data: Any, rows: int, count: int, dtype: str) -> None:
    """Sorted and unsorted segments; some are empty, negative ids are left out."""
    width = data.draw(st.integers(0, 3))
    x = drawn(data, (rows, width), EDGES[0]).astype(dtype)
    ids = data.draw(st.lists(st.integers(-1, count - 1), min_size=rows, max_size=rows))
    order = np.sort(np.maximum(ids, 0)).astype("int32")

    def function(x: Any, ids: Any, order: Any) -> list[Any]:
        free = [
            getattr(raw, f"UnsortedSegment{how}")(
                data=x, segment_ids=ids, num_segments=count
            )
            for how in ("Sum", "Max", "Min", "Prod")
        ]
        if not rows:
            return free
        ordered = [
            getattr(raw, f"Segment{how}")(data=x, segment_ids=order)
            for how in ("Sum", "Mean", "Max", "Min", "Prod")
        ]
        return free + ordered

    compare(function, x, np.array(ids, "int32"), order, grad=False)


@some
@given(st.data(), shapes)
def test_casts(data: Any, shape: Any) -> None:
    """Between all dtypes, of values that both have; floats to ints truncate."""
    x = drawn(data, shape, (0.0, -0.0, 1.0, 2.5, 3.99, 100.0, 0.5))
    dtypes = [*INTS, *FLOATS, "bool", "float16", "bfloat16", "complex64"]

    def function(x: Any) -> list[Any]:
        first = [tf.cast(x, d) for d in dtypes]
        return first + [tf.cast(y, d) for y in first[:-1] for d in ("int32", "float32")]

    compare(function, x, grad=False)
