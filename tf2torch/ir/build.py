"""The words in which rules speak: build torch-dialect nodes.

A rule's last node takes the type that TensorFlow inferred for the op; nodes between
need a type only where a later pass profits from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tf2torch.ir.nodes import (
    Arg,
    Call,
    Const,
    DType,
    Input,
    Module,
    Node,
    Origin,
    Out,
    Sizes,
)
from tf2torch.ir.types import FLOATS, Dim, Shape, TensorType, product

PERMUTES = {1: (0,), 2: (0, 1), 3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}


def call(
    func: str,
    *args: Arg,
    type: TensorType | Node | None = None,
    types: Sequence[TensorType] | None = None,
    unpack: tuple[object, ...] | None = None,
    **kwargs: Arg,
) -> Call:
    """A torch expression; see :class:`~tf2torch.ir.nodes.Call` for ``func``.

    ``type`` of a node means "typed like it". Without ``type`` the result has the first
    operand's dtype and an unknown shape. A keyword that is a Python keyword or is
    called ``type`` is written with a trailing underscore.
    """
    if types is None:
        types = (_type_of(type, args),)
    named = tuple((k.removesuffix("_"), v) for k, v in kwargs.items())
    return Call(func, args, named, types=tuple(types), unpack=unpack)


def outs(node: Node) -> tuple[Node, ...]:
    """The results of a node with several."""
    return tuple(Out(node, i, types=(t,)) for i, t in enumerate(node.types))


def _type_of(given: TensorType | Node | None, args: Sequence[Arg]) -> TensorType:
    if isinstance(given, Node):
        return given.type
    if given is not None:
        return given
    first = next((a for a in args if isinstance(a, Node)), None)
    return TensorType(first.dtype if first else "float32", None)


def const(value: object, dtype: str | None = None) -> Const:
    """A constant tensor; ``dtype`` is TensorFlow's name."""
    array = np.asarray(value, None if dtype in (None, "bfloat16", "string") else dtype)
    name = dtype or ("string" if array.dtype == object else array.dtype.name)
    return Const(array, types=(TensorType(name, array.shape),))


def permute(x: Node, axes: Sequence[int]) -> Node:
    """``x.permute(axes)``; x itself when the axes are in order."""
    if tuple(axes) == tuple(range(len(axes))):
        return x
    if isinstance(x, Call) and x.func == ".permute":
        inner = x.args[1]
        assert isinstance(inner, tuple) and isinstance(x.args[0], Node)
        return permute(x.args[0], [inner[a] for a in axes])
    shape = None if x.shape is None else tuple(x.shape[a] for a in axes)
    return call(".permute", x, tuple(axes), type=x.type.with_shape(shape))


def to_channels_first(x: Node) -> Node:
    """[N, ..., C] → [N, C, ...]; the layout pass moves and cancels these."""
    return permute(x, PERMUTES[x.type.known_rank()])


def to_channels_last(x: Node) -> Node:
    """[N, C, ...] → [N, ..., C]."""
    return permute(x, inverse(PERMUTES[x.type.known_rank()]))


def inverse(axes: Sequence[int]) -> tuple[int, ...]:
    """The order of axes that undoes ``axes``."""
    return tuple(axes.index(i) for i in range(len(axes)))


def channels_first_type(type: TensorType) -> TensorType:
    """The type of ``to_channels_first`` of a value of ``type``."""
    if type.shape is None:
        return type
    return type.with_shape(tuple(type.shape[a] for a in PERMUTES[len(type.shape)]))


def reshape(x: Node, shape: Shape) -> Node:
    """``x.reshape(shape)`` with sizes that may be symbolic (never -1)."""
    if x.shape == shape:
        return x
    return call(".reshape", x, tuple(shape), type=x.type.with_shape(tuple(shape)))


def cast(x: Node, dtype: str) -> Node:
    """``x.to(dtype)``; x itself when it has it. Plain torch cast semantics."""
    if x.dtype == dtype:
        return x
    from tf2torch.ir.nodes import DType

    return call(".to", x, DType(dtype), type=x.type.with_dtype(dtype))


def retype(node: Node, types: tuple[TensorType, ...]) -> Node:
    return node if node.types == types else replace(node, types=types)


def stamp_origin(
    made: Node, origin: Origin, stamped_before: dict[Node, Node] | None = None
) -> Node:
    """``made`` and the new nodes below it, those without an origin, as of ``origin``.

    ``stamped_before`` is shared by the results of one op, which share nodes.
    """
    new = {} if stamped_before is None else stamped_before

    def stamped(node: Node) -> Node:
        if node.origin != Origin() or isinstance(node, Input):
            return node
        if node not in new:
            new[node] = replace(node.map_operands(stamped), origin=origin)
        return new[node]

    return stamped(made)


def array_of(node: Node) -> np.ndarray | None:
    """The value of a constant, or None."""
    if isinstance(node, Const):
        return node.array
    if isinstance(node, Sizes) and all(isinstance(v, int) for v in node.values):
        values = np.array(node.values, node.dtype)
        return values.reshape(node.type.static_shape() or ())
    return None


def scalar_of(node: Node) -> int | float | bool | None:
    """The value of a constant with one element, as a Python number."""
    array = array_of(node)
    if array is None or array.size != 1 or array.dtype.kind not in "fiub":
        return None
    return python_number(array.reshape(()))


FLOAT32_MAX = float(np.finfo(np.float32).max)


def python_number(array: np.ndarray) -> int | float | bool:
    """The shortest Python number that rounds to the same element.

    The greatest float32 is written in full: torch refuses numbers beyond it.
    """
    if array.dtype.kind in "iub":
        return array.item()  # type: ignore[no-any-return]
    value = float(array)
    if not np.isfinite(value) or array.dtype == np.float64:
        return value
    short = float(str(array.item() if array.dtype != np.float32 else array[()]))
    fits = abs(short) <= FLOAT32_MAX or array.dtype != np.float32
    return short if fits and array.dtype.type(short) == array else value


def ints_of(node: Node) -> tuple[int, ...] | None:
    """The elements of a constant integer tensor of rank 0 or 1."""
    array = array_of(node)
    if array is None or array.dtype.kind not in "iu" or array.ndim > 1:
        return None
    return tuple(int(v) for v in array.reshape(-1))


def sizes_of(node: Node) -> tuple[Dim, ...] | None:
    """Like ``ints_of``, but elements may be symbolic sizes."""
    if isinstance(node, Sizes):
        return node.values if (node.rank or 0) <= 1 else None
    return ints_of(node)


def size_table(node: Node) -> np.ndarray | None:
    """A constant or symbolic integer tensor as an object array of ints and symbols."""
    if isinstance(node, Sizes):
        table = np.empty(len(node.values), object)
        table[:] = node.values
        return table.reshape(node.type.static_shape() or ())
    array = array_of(node)
    if array is None or array.dtype.kind not in "iu":
        return None
    return array.astype(object)


def numel(x: Node) -> Dim | None:
    return None if x.shape is None else product(x.shape)


def in_its_dtype(made: Module) -> Module:
    """``made``, told the dtype of its weights where it is not torch's float32."""
    for dtype in {p.dtype for _, p in made.state} & (FLOATS - {"float32"}):
        made = replace(made, config=(*made.config, ("dtype", DType(dtype))))
    return made
