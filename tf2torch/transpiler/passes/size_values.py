"""Shape arithmetic, done on symbols.

    Shape(x) -> StridedSlice -> Pack -> Reshape   becomes   Reshape(x, [batch, 49])

Each entry evaluates one op whose operands are sizes (tuples of ints and symbols) to
the sizes of its result, or None where that is not exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from tf2torch.ir.build import ints_of, size_table, sizes_of
from tf2torch.ir.nodes import Node, Op, Sizes
from tf2torch.ir.types import Dim, ListType, TensorType, dim, product

Values = tuple[Dim, ...]
MAX_SIZES = 64


def sizes_value(node: Op) -> Sizes | None:
    """``node`` as Sizes when it is an integer tensor made of sizes."""
    evaluate = EVALUATORS.get(node.op)
    if evaluate is None or node.dtype not in ("int32", "int64"):
        return None
    found = evaluate(node)
    return None if found is None else _made(node, found)


def split_sizes(node: Op) -> tuple[Sizes, ...] | None:
    """The results of ``node``, which takes sizes apart; None where it takes others."""
    if node.op == "ShapeN":
        shapes = [n.shape for n in node.inputs]
        each = [_made(node, (s, (len(s),))) for s in shapes if s is not None]
        several = tuple(e for e in each if e is not None)
        return several if len(several) == len(shapes) else None
    cut = SPLITTERS.get(node.op)
    if cut is None or node.dtype not in ("int32", "int64"):
        return None
    tables = [_table(n) for n in node.inputs]
    known = [t for t in tables if t is not None]
    if len(known) < len(tables):
        return None
    try:
        found = [_made(node, _found(part)) for part in cut(node, known)]
    except (IndexError, ValueError):
        return None  # out of range: TensorFlow fails when it runs
    made = tuple(f for f in found if f is not None)
    return made if len(made) == len(node.types) else None


Found = tuple[Values, tuple[int, ...]] | None
Evaluator = Callable[[Op], Found]
Splitter = Callable[[Op, list[np.ndarray]], Sequence[np.ndarray]]


def _made(node: Op, found: tuple[Values, tuple[int, ...]]) -> Sizes | None:
    values, shape = found
    if len(values) > MAX_SIZES:
        return None
    type = TensorType(node.dtype, shape)
    return Sizes(tuple(map(dim, values)), types=(type,), origin=node.origin)


def _shape(node: Op) -> Found:
    shape = node.inputs[0].shape
    return None if shape is None else (shape, (len(shape),))


def _size(node: Op) -> Found:
    shape = node.inputs[0].shape
    return None if shape is None else ((product(shape),), ())


def _rank(node: Op) -> Found:
    shape = node.inputs[0].shape
    return None if shape is None else ((len(shape),), ())


def _length(node: Op) -> Found:
    type = node.inputs[0].type
    if not isinstance(type, ListType) or type.length is None:
        return None
    return (type.length,), ()


def _device_index(node: Op) -> Found:
    """Which of the named devices runs the op: the port is a port of the CPU's graph."""
    names = node.attrs["device_names"]
    if not isinstance(names, tuple) or "CPU" not in names:
        return None
    return (names.index("CPU"),), ()


def _same(node: Op) -> Found:
    values, shape = sizes_of(node.inputs[0]), node.inputs[0].type.static_shape()
    return None if values is None or shape is None else (values, shape)


def _binary(combine: Callable[[Dim, Dim], Dim | None]) -> Callable[[Op], Found]:
    def evaluate(node: Op) -> Found:
        left, right = map(sizes_of, node.inputs)
        if left is None or right is None:
            return None
        a, b = node.inputs
        shape = a.type.static_shape() if a.rank else b.type.static_shape()
        if shape is None or (a.rank and b.rank and len(left) != len(right)):
            return None
        count = max(len(left), len(right))
        left, right = left * (count // len(left)), right * (count // len(right))
        values = [combine(x, y) for x, y in zip(left, right, strict=True)]
        if any(v is None for v in values):
            return None
        return tuple(v for v in values if v is not None), shape

    return evaluate


def _negative(node: Op) -> Found:
    values, shape = sizes_of(node.inputs[0]), node.inputs[0].type.static_shape()
    return (
        None if values is None or shape is None else (tuple(-v for v in values), shape)
    )


def _floor_div(x: Dim, y: Dim) -> Dim | None:
    if y == 0:
        return None
    if isinstance(x, int) and isinstance(y, int):
        return x // y
    exact = dim(sympy.cancel(sympy.sympify(x) / y))
    if isinstance(exact, int) or exact.is_integer:
        return exact
    return dim(sympy.floor(sympy.sympify(x) / y))


def _floor_mod(x: Dim, y: Dim) -> Dim | None:
    return None if y == 0 else dim(sympy.Mod(x, y))


def _prod(node: Op) -> Found:
    values, axes = sizes_of(node.inputs[0]), ints_of(node.inputs[1])
    if values is None or axes is None or node.inputs[0].rank != 1:
        return None
    if not axes:
        return values, (len(values),)
    return (product(values),), ((1,) if node.attrs["keep_dims"] else ())


def _table(node: Node) -> np.ndarray | None:
    """The sizes of ``node`` as an object array of its shape."""
    table = size_table(node)
    return None if table is None or table.size > MAX_SIZES else table


def _found(table: np.ndarray) -> tuple[Values, tuple[int, ...]]:
    return tuple(_plain(v) for v in table.reshape(-1)), table.shape


def _plain(value: Dim) -> Dim:
    return int(value) if isinstance(value, (int, np.integer)) else value


def _of_tables(change: Callable[[Op, list[np.ndarray]], np.ndarray]) -> Evaluator:
    """An evaluator over all operands as tables."""

    def evaluate(node: Op) -> Found:
        tables = [_table(n) for n in node.inputs]
        known = [t for t in tables if t is not None]
        if len(known) < len(tables):
            return None
        try:
            return _found(np.asarray(change(node, known), object))
        except (IndexError, ValueError):
            return None  # out of range: TensorFlow fails when it runs

    return evaluate


def _take(node: Op, tables: list[np.ndarray]) -> np.ndarray:
    values, index, axis = tables
    if node.attrs["batch_dims"]:
        raise ValueError("batch_dims")
    numbers = index.astype(np.int64)
    if numbers.size and numbers.min() < 0:
        raise IndexError("negative")
    return np.take(values, numbers, int(axis))


def _cut(node: Op, tables: list[np.ndarray]) -> np.ndarray:
    values, begin, size = tables
    index = tuple(
        slice(int(b), None if int(n) == -1 else int(b) + int(n))
        for b, n in zip(begin, size, strict=True)
    )
    return np.asarray(values[index])


def _strided(node: Op, tables: list[np.ndarray]) -> np.ndarray:
    """Numpy's subscript by TensorFlow's masks (bit i is about entry i)."""
    values, begin, end, step = tables

    def bit(mask: str, i: int) -> bool:
        return bool(int(node.attrs[f"{mask}_mask"]) >> i & 1)  # type: ignore[arg-type]

    index: list[Any] = []
    for i in range(len(begin)):
        if bit("ellipsis", i):
            index.append(Ellipsis)
        elif bit("new_axis", i):
            index.append(None)
        elif bit("shrink_axis", i):
            index.append(int(begin[i]))
        else:
            start = None if bit("begin", i) else int(begin[i])
            stop = None if bit("end", i) else int(end[i])
            index.append(slice(start, stop, int(step[i])))
    found = values[tuple(index)]
    return found if isinstance(found, np.ndarray) else _scalar(found)


def _scalar(value: Dim) -> np.ndarray:
    table = np.empty((), object)
    table[()] = value
    return table


def _reshape(node: Op, tables: list[np.ndarray]) -> np.ndarray:
    return tables[0].reshape([int(s) for s in tables[1].reshape(-1)])


def _squeeze(node: Op, tables: list[np.ndarray]) -> np.ndarray:
    axes = node.attrs["squeeze_dims"]
    return tables[0].squeeze(axes or None)  # type: ignore[arg-type]


def _unpacked(node: Op, tables: list[np.ndarray]) -> Sequence[np.ndarray]:
    moved = np.moveaxis(tables[0], int(node.attrs["axis"]), 0)  # type: ignore[arg-type]
    return [np.asarray(part, object) for part in moved]


def _split(node: Op, tables: list[np.ndarray]) -> Sequence[np.ndarray]:
    axis, values = tables
    return np.split(values, len(node.types), int(axis))


def _split_at(node: Op, tables: list[np.ndarray]) -> Sequence[np.ndarray]:
    """At most one of the lengths is -1: what the others leave."""
    values, lengths, axis = tables
    numbers = [int(n) for n in lengths]
    total = values.shape[int(axis)]
    rest = total - sum(n for n in numbers if n >= 0)
    ends = np.cumsum([rest if n < 0 else n for n in numbers])
    if not ends.size or ends[-1] != total:
        raise ValueError("lengths")
    return np.split(values, ends[:-1], int(axis))


SPLITTERS: dict[str, Splitter] = {
    "Unpack": _unpacked,
    "Split": _split,
    "SplitV": _split_at,
}

EVALUATORS: dict[str, Callable[[Op], Found]] = {
    "Shape": _shape,
    "Size": _size,
    "Rank": _rank,
    "TensorListLength": _length,
    "DeviceIndex": _device_index,
    "Identity": _same,
    "StopGradient": _same,
    "Cast": _same,
    "AddV2": _binary(lambda x, y: dim(x + y)),
    "Add": _binary(lambda x, y: dim(x + y)),
    "Sub": _binary(lambda x, y: dim(x - y)),
    "Mul": _binary(lambda x, y: dim(x * y)),
    "Neg": _negative,
    "FloorDiv": _binary(_floor_div),
    "FloorMod": _binary(_floor_mod),
    "Maximum": _binary(lambda x, y: dim(sympy.Max(x, y))),
    "Minimum": _binary(lambda x, y: dim(sympy.Min(x, y))),
    "Prod": _prod,
    "Pack": _of_tables(lambda node, t: np.stack(t, int(node.attrs["axis"]))),  # type: ignore[arg-type]
    "ConcatV2": _of_tables(lambda node, t: np.concatenate(t[:-1], int(t[-1]))),
    "GatherV2": _of_tables(_take),
    "Slice": _of_tables(_cut),
    "StridedSlice": _of_tables(_strided),
    "Reshape": _of_tables(_reshape),
    "ExpandDims": _of_tables(lambda node, t: np.expand_dims(t[0], int(t[1]))),
    "Squeeze": _of_tables(_squeeze),
}
