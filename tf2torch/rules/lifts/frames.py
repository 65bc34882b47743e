"""Overlapping windows of a signal, as tf.signal.frame and tf.signal.stft cut them.

    x[:, :3968].reshape(-1, 31, 128)[:, [[0, 1], [1, 2], ...]].flatten(2)
    ->   x.unfold(1, 256, 128)

TensorFlow takes the signal apart into groups whose length divides both the window and
the step, and gathers those of each window.
"""

from __future__ import annotations

import numpy as np
import sympy

from tf2torch.ir.build import array_of, call
from tf2torch.ir.nodes import Arg, Call, Node, Slice
from tf2torch.ir.types import Dim, Shape, dim, product
from tf2torch.rules.lifts.algebra import number

REGROUPINGS = frozenset(
    {".reshape", ".flatten", ".unflatten", ".unsqueeze", ".squeeze"}
)
WHOLE = Slice()


def frames(node: Node) -> Node | None:
    """``node`` [outer, frames, window, inner] of a signal [outer, time, inner]."""
    gathered = _regrouped(node)
    match gathered:
        case Call("[]", (Node() as groups, index)):
            items = index if isinstance(index, tuple) else (index,)
        case _:
            return None
    axis, places = len(items) - 1, items[-1]
    if any(item != WHOLE for item in items[:-1]) or not isinstance(places, Node):
        return None
    windows, x = _windows(places), _signal(groups, axis)
    if windows is None or x is None or x.shape is None or groups.shape is None:
        return None
    (count, stride, width), group = windows, groups.shape[axis + 1]
    assert isinstance(group, int)
    size, step = width * group, stride * group
    outer, inner = x.shape[:axis], x.shape[axis + 1 :]
    if node.shape != (*outer, count, size, *inner):
        return None
    if not same_count(count, x.shape[axis], size, step):
        return None
    return _unfolded(x, axis, size, step, (*outer, count, *inner, size))


def longer_transform(node: Node) -> Node | None:
    """``torch.fft.rfft(F.pad(x, (0, 112)))`` pads by itself: ``rfft(x, 512)``."""
    match node:
        case Call("torch.fft.rfft", (Call("F.pad", (Node() as x, (0, int()))) as pad,)):
            pass
        case _:
            return None
    length = pad.shape[-1] if pad.shape else None
    if node.kwargs or pad.kwargs or not isinstance(length, int):
        return None
    return call("torch.fft.rfft", x, length, type=node.type)


def _unfolded(x: Node, axis: int, size: int, step: int, shape: Shape) -> Node:
    assert x.shape is not None
    type = x.type.with_shape(shape)
    func = ".unfold" if isinstance(x.shape[axis], int) else "helper.frames"
    made = call(func, x, axis, size, step, type=type)
    if axis == len(x.shape) - 1:
        return made
    *rest, _ = shape
    moved = type.with_shape((*rest[: axis + 1], size, *rest[axis + 1 :]))
    return call(".movedim", made, -1, axis + 1, type=moved)


def same_count(count: Dim, length: Dim, size: int, step: int) -> bool:
    """Whether ``count`` is max(0, 1 + (length - size) // step) at every length.

    Both are step functions that repeat, plus a constant, once every symbol has grown
    by ``step``, from where the signal holds a window on: one more period shows all.
    """
    free = sympy.sympify(count).free_symbols | sympy.sympify(length).free_symbols
    windows = sympy.Max(0, 1 + sympy.floor((sympy.sympify(length) - size) / step))
    if not free:
        return bool(windows == count) and count != 0
    if len(free) > 1:
        return False
    values = np.arange(2 * (size + step) + step)
    functions = [sympy.lambdify(list(free), f, "numpy") for f in (count, windows)]
    found = [np.broadcast_to(f(values), values.shape) for f in functions]
    return bool((found[0] == found[1]).all())


def _regrouped(node: Node) -> Node | None:
    """x, of which ``node`` has the elements in the same order."""
    if isinstance(node, Call) and node.func in REGROUPINGS:
        inner = node.args[0]
        return inner if isinstance(inner, Node) else None
    return None


def _signal(groups: Node, axis: int) -> Node | None:
    """x [outer, time, inner] of ``x[.., :m * g]`` as [outer, m, g, inner]."""
    part, shape = _regrouped(groups), groups.shape
    if part is None or shape is None or len(shape) < axis + 2:
        return None
    if not isinstance(shape[axis + 1], int):
        return None
    taken = product((shape[axis], shape[axis + 1]))
    whole = (*shape[:axis], taken, *shape[axis + 2 :])
    if part.shape == whole:
        return _longer(part, axis, taken, whole) or part
    return _longer(part, axis, taken, whole)


def _longer(part: Node, axis: int, taken: Dim, whole: Shape) -> Node | None:
    """x of ``x[.., :taken]``."""
    match part:
        case Call("[]", (Node() as x, index)) if x.shape is not None:
            items: tuple[Arg, ...] = index if isinstance(index, tuple) else (index,)
        case _:
            return None
    if items != (*(WHOLE,) * axis, Slice(None, taken)) or len(x.shape) != len(whole):
        return None
    others = (*x.shape[:axis], taken, *x.shape[axis + 1 :])
    return x if others == whole else None


def _windows(index: Node) -> tuple[Dim, int, int] | None:
    """count, stride, width of an index ``stride * i + j``, i < count and j < width."""
    array = array_of(index)
    if array is not None:
        return _of_table(array)
    match index:
        case Call("+", (Call() as starts, Node() as within)):
            table = array_of(within)
        case _:
            return None
    first = _regrouped(starts)
    if table is None or table.ndim != 2 or table.shape[0] != 1 or first is None:
        return None
    if starts.rank != 2 or first.rank != 1 or starts.shape != (*first.shape, 1):  # type: ignore[misc] # the rank is known
        return None
    stride = _stride(first)
    if stride is None or (table[0] != np.arange(table.shape[1])).any():
        return None
    return dim(first.shape[0]), stride, table.shape[1]  # type: ignore[index] # as above


def _stride(starts: Node) -> int | None:
    """s of ``torch.arange(n) * s``."""
    match starts:
        case Call("torch.arange", (_,)):
            return 1
        case Call("*", (Call("torch.arange", (_,)), factor)):
            value = number(factor)
            return int(value) if value is not None and value == int(value) else None
    return None


def _of_table(array: np.ndarray) -> tuple[int, int, int] | None:
    if array.dtype.kind not in "iu" or array.ndim != 2 or not array.size:
        return None
    count, width = array.shape
    stride = int(array[1, 0]) if count > 1 else width
    wanted = stride * np.arange(count)[:, None] + np.arange(width)
    return (count, stride, width) if (array == wanted).all() and stride > 0 else None
