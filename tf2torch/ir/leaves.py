"""Leaves, and the one node of the TensorFlow dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tf2torch.ir.node import Attr, Node, same_args
from tf2torch.ir.types import Dim

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, eq=False)
class Input(Node):
    """A parameter of a graph. ``name`` is TensorFlow's name for it."""

    name: str = ""


@dataclass(frozen=True, eq=False)
class Const(Node):
    """A value known at conversion; strings are object arrays of bytes."""

    array: np.ndarray = field(default_factory=lambda: np.zeros(()))


@dataclass(frozen=True, eq=False)
class Sizes(Node):
    """A small integer tensor whose elements, in row order, are sizes, some symbolic."""

    values: tuple[Dim, ...] = ()


@dataclass(frozen=True, eq=False)
class VariableInfo:
    """A TF variable. ``load`` reads its value when it is needed, not before.

    ``name`` is unique in a model and free of ``:0`` (``dense/kernel``); ``key`` is how
    the source itself finds the variable again: the checkpoint key of a SavedModel or
    checkpoint, the node name of a frozen constant, the index of a Keras weight.
    """

    name: str
    key: str
    dtype: str
    shape: tuple[int, ...] | None
    trainable: bool
    load: Callable[[], np.ndarray] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Variable(Node):
    """The handle of a variable (dtype ``resource``), or a TF1 reference to it."""

    info: VariableInfo = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class TableInfo:
    """A lookup table with its content; ``load`` gives (keys, values)."""

    name: str
    key_dtype: str
    value_dtype: str
    load: Callable[[], tuple[np.ndarray, np.ndarray]] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Table(Node):
    """The handle of a lookup table."""

    info: TableInfo = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Op(Node):
    """Any TensorFlow op, by its registered name; ``inputs`` flat, in schema order."""

    op: str
    inputs: tuple[Node, ...] = ()
    attrs: Mapping[str, Attr] = field(default_factory=dict)

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.inputs

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        inputs = tuple(change(n) for n in self.inputs)
        return self if same_args(inputs, self.inputs) else replace(self, inputs=inputs)


@dataclass(frozen=True, eq=False)
class Out(Node):
    """Result ``index`` of a node that has several."""

    node: Node
    index: int

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.node,)

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        node = change(self.node)
        return self if node is self.node else replace(self, node=node)
