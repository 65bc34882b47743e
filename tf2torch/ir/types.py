"""Types of values: an element type and a shape whose sizes are ints or symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import sympy

Dim: TypeAlias = "int | sympy.Expr"
Shape: TypeAlias = "tuple[Dim, ...]"

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
COMPLEX = frozenset({"complex64", "complex128"})
INTS = frozenset(
    {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
)
# Values that never become torch tensors.
HANDLES = frozenset({"resource", "variant"})


@dataclass(frozen=True)
class TensorType:
    """``dtype`` is TensorFlow's name; ``shape`` is None when the rank is unknown."""

    dtype: str
    shape: Shape | None = None

    @property
    def rank(self) -> int | None:
        return None if self.shape is None else len(self.shape)

    def known_rank(self) -> int:
        if self.shape is None:
            raise ValueError(f"rank of {self} is unknown")
        return len(self.shape)

    def static_shape(self) -> tuple[int, ...] | None:
        """The shape when every size is an int, else None."""
        if self.shape is None or not all(isinstance(d, int) for d in self.shape):
            return None
        return tuple(int(d) for d in self.shape)

    def with_shape(self, shape: Shape | None) -> TensorType:
        return TensorType(self.dtype, shape)

    def with_dtype(self, dtype: str) -> TensorType:
        return TensorType(dtype, self.shape)

    def __str__(self) -> str:
        short = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
        sizes = "?" if self.shape is None else ", ".join(map(str, self.shape))
        return f"{short.get(self.dtype, self.dtype)}[{sizes}]"


@dataclass(frozen=True)
class ListType(TensorType):
    """A TensorList (dtype ``variant``).

    ``element`` is the shape of its elements, with None for a size that no element has
    fixed yet, or None when not even the rank is known. ``length`` may be unknown.
    """

    element: tuple[Dim | None, ...] | None = None
    length: Dim | None = None


def symbol(name: str) -> sympy.Symbol:
    """A size that is known only when the model runs."""
    return sympy.Symbol(name, integer=True, nonnegative=True)


def dim(value: Dim) -> Dim:
    """Normalise sympy's integers to ints."""
    if isinstance(value, int):
        return value
    if value.is_Integer:
        return int(value)
    return value


def product(sizes: tuple[Dim, ...]) -> Dim:
    total: Dim = 1
    for size in sizes:
        total = dim(total * size)
    return total


def is_static(size: Dim) -> bool:
    return isinstance(size, int)
