"""What every node is, and what may stand as an argument of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np

from tf2torch.ir.types import Dim, TensorType

if TYPE_CHECKING:
    from tf2torch.ir.graph import Graph


@dataclass(frozen=True)
class Origin:
    """Where a node comes from: its name scope and the TF nodes that it stands for."""

    scope: tuple[str, ...] = ()
    tf: tuple[str, ...] = ()

    def merge(self, other: Origin) -> Origin:
        return Origin(
            self.scope, (*self.tf, *(n for n in other.tf if n not in self.tf))
        )

    def __str__(self) -> str:
        return self.tf[0] if self.tf else "/".join(self.scope)


@dataclass(frozen=True)
class FunctionRef:
    """An attribute that names a function of the library.

    ``does`` is the op that the function applies to its first arguments in order, if
    that is all it does; for a function that returns an argument, its number.
    """

    name: str
    does: str = ""


Attr: TypeAlias = Union[  # noqa: UP007 # names in quotes, evaluated at import
    int, float, bool, str, bytes, None, np.ndarray, FunctionRef, tuple["Attr", ...]
]


@dataclass(frozen=True)
class DType:
    """A dtype as an argument of a torch call; ``name`` is TensorFlow's."""

    name: str


@dataclass(frozen=True)
class Slice:
    """``start:stop:step`` inside a subscript."""

    start: Arg = None
    stop: Arg = None
    step: Arg = None


@dataclass(frozen=True)
class Raw:
    """Source text that is no string literal, such as ``torch.inf`` or ``...``."""

    text: str


Number: TypeAlias = "int | float | complex | bool"
Arg: TypeAlias = Union[
    "Node", Number, str, bytes, None, DType, Slice, Raw, Dim, tuple["Arg", ...]
]

UNKNOWN = (TensorType("float32", None),)


@dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """One computation. ``types`` has one entry per result."""

    types: tuple[TensorType, ...] = UNKNOWN
    origin: Origin = Origin()

    @property
    def type(self) -> TensorType:
        return self.types[0]

    @property
    def dtype(self) -> str:
        return self.types[0].dtype

    @property
    def shape(self) -> tuple[Dim, ...] | None:
        return self.types[0].shape

    @property
    def rank(self) -> int | None:
        return self.types[0].rank

    @property
    def operands(self) -> tuple[Node, ...]:
        return ()

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        """The same node over changed operands; itself when none changed."""
        return self

    def graphs(self) -> tuple[Graph, ...]:
        """Graphs inside this node: branches, loop bodies, the body of a block."""
        return ()


def map_arg(arg: Arg, change: Callable[[Node], Node]) -> Arg:
    """``arg`` with every node inside it replaced by ``change(node)``."""
    if isinstance(arg, Node):
        return change(arg)
    if isinstance(arg, tuple):
        new = tuple(map_arg(a, change) for a in arg)
        return arg if same_args(new, arg) else new
    if isinstance(arg, Slice):
        parts = (arg.start, arg.stop, arg.step)
        new = tuple(map_arg(p, change) for p in parts)
        return arg if same_args(new, parts) else Slice(*new)
    return arg


def nodes_of(arg: Arg) -> Iterator[Node]:
    """Every node inside ``arg``."""
    if isinstance(arg, Node):
        yield arg
    elif isinstance(arg, tuple):
        for item in arg:
            yield from nodes_of(item)
    elif isinstance(arg, Slice):
        yield from nodes_of((arg.start, arg.stop, arg.step))


def same_args(left: tuple[Arg, ...], right: tuple[Arg, ...]) -> bool:
    """Are these the same objects one by one?"""
    return len(left) == len(right) and all(
        a is b for a, b in zip(left, right, strict=True)
    )
