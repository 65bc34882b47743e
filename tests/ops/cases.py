"""What a case of an op says: a TensorFlow function, its operands, what to compare.

    case("AddV2", lambda x, y: tf.raw_ops.AddV2(x=x, y=y), f32(2, 3), f32(3))

A case runs once with static shapes and once with its leading axis dynamic, there
with a second batch size too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class Operand:
    """A random operand; ``draw`` gives its values, ``dtype`` is TensorFlow's name."""

    shape: tuple[int, ...]
    dtype: str
    draw: Draw

    def value(self, seed: int, batch: int | None = None) -> np.ndarray:
        """Values of this operand, with ``batch`` rows instead of its own number."""
        shape = self.shape if batch is None else (batch, *self.shape[1:])
        return self.draw(np.random.default_rng(seed), shape)


@dataclass(frozen=True)
class Given:
    """An operand with the values that the case names."""

    array: np.ndarray
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def value(self, seed: int, batch: int | None = None) -> np.ndarray:
        """The array; with ``batch`` its rows again and again, from the second one."""
        if batch is None:
            return self.array
        rows = (np.arange(batch) + 1) % max(len(self.array), 1)
        return (
            self.array[rows]
            if len(self.array)
            else np.resize(self.array, (0, *self.shape[1:]))
        )


@dataclass(frozen=True)
class OpCase:
    """``grad``: compare gradients; a tuple names the outputs that have one.

    ``batch``: operands whose leading axis is the batch. ``anyshape``: no size is
    static. ``declines``: conversion must say this instead. ``signed``: the sign of a
    zero counts. ``source``: text that the emitted source must contain.
    """

    op: str
    function: Callable[..., Any]
    operands: tuple[Operand | Given, ...]
    grad: bool | tuple[int, ...] = True
    atol: float | None = None
    batch: tuple[int, ...] = ()
    anyshape: bool = False
    static: bool = True
    declines: str = ""
    signed: bool = False
    source: str = ""
    name: str = ""


def case(
    op: str,
    function: Callable[..., Any],
    *operands: Any,
    grad: bool | Sequence[int] = True,
    atol: float | None = None,
    batch: Sequence[int] | None = None,
    dynamic: bool = True,
    all: bool = False,
    static: bool = True,
    declines: str = "",
    signed: bool = False,
    source: str = "",
    name: str = "",
) -> OpCase:
    """A case; operands are arrays, (array, dtype) pairs or what ``f32(2, 3)`` gives.

    ``batch`` defaults to the operands that are as long as the first one and of the
    highest rank; ``dynamic=False`` leaves all shapes static.
    """
    made = tuple(map(_operand, operands))
    if batch is None:
        batch = _batched(made)
    return OpCase(
        op,
        function,
        made,
        grad if isinstance(grad, bool) else tuple(grad),
        atol,
        tuple(batch) if dynamic else (),
        all and dynamic,
        static,
        declines,
        signed,
        source,
        name,
    )


def _operand(value: Any) -> Operand | Given:
    if isinstance(value, (Operand, Given)):
        return value
    if isinstance(value, tuple):
        return Given(np.asarray(value[0]), value[1])
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return Given(array.astype(object), "string")
    return Given(array, array.dtype.name)


def _batched(operands: Sequence[Operand | Given]) -> tuple[int, ...]:
    if not operands or not operands[0].shape:
        return ()
    rank = max(len(o.shape) for o in operands)
    size = operands[0].shape[0]
    return tuple(
        i for i, o in enumerate(operands) if len(o.shape) == rank and o.shape[0] == size
    )


def numpy_dtype(dtype: str) -> Any:
    """numpy's dtype for TensorFlow's name."""
    if dtype == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return np.dtype(dtype)


def floats(
    dtype: str, *shape: int, low: float | None = None, high: float = 1.0
) -> Operand:
    """Normal values, or uniform ones from ``low`` to ``high``."""

    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if low is None:
            values = random.standard_normal(shape)
        else:
            values = random.uniform(low, high, shape)
        return np.asarray(values).astype(numpy_dtype(dtype))

    return Operand(shape, dtype, draw)


def f32(*shape: int, low: float | None = None, high: float = 1.0) -> Operand:
    return floats("float32", *shape, low=low, high=high)


def f64(*shape: int, low: float | None = None, high: float = 1.0) -> Operand:
    return floats("float64", *shape, low=low, high=high)


def f16(*shape: int, low: float | None = None, high: float = 1.0) -> Operand:
    return floats("float16", *shape, low=low, high=high)


def bf16(*shape: int, low: float | None = None, high: float = 1.0) -> Operand:
    return floats("bfloat16", *shape, low=low, high=high)


def complexes(dtype: str, *shape: int) -> Operand:
    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        real, imaginary = random.standard_normal((2, *shape))
        return np.asarray(real + 1j * imaginary).astype(dtype)

    return Operand(shape, dtype, draw)


def c64(*shape: int) -> Operand:
    return complexes("complex64", *shape)


def c128(*shape: int) -> Operand:
    return complexes("complex128", *shape)


def ints(dtype: str, *shape: int, low: int = -9, high: int = 9) -> Operand:
    """Integers from ``low`` to ``high``, both included; unsigned ones from 0."""
    first = max(low, 0) if dtype.startswith("u") else low

    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(random.integers(first, high + 1, shape)).astype(dtype)

    return Operand(shape, dtype, draw)


def i32(*shape: int, low: int = -9, high: int = 9) -> Operand:
    return ints("int32", *shape, low=low, high=high)


def i64(*shape: int, low: int = -9, high: int = 9) -> Operand:
    return ints("int64", *shape, low=low, high=high)


def bools(*shape: int) -> Operand:
    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(random.integers(0, 2, shape)).astype(bool)

    return Operand(shape, "bool", draw)
