"""Nodes of both dialects: frozen, compared by identity, operands are fields.

The TensorFlow dialect is :class:`Op` (any TF op) with the leaves and regions below;
the torch dialect is :class:`Call`, :class:`Module` and the same leaves and regions.
A node with several results is read through :class:`Out`; a node with one result *is*
its result, so ``match`` reads like the expression:

    case Op("AddV2", (Op("MatMul", (x, w)), b)): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    """An attribute that names a function of the library."""

    name: str


Attr: TypeAlias = Union[
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
        return self if _same(inputs, self.inputs) else replace(self, inputs=inputs)


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


# --- torch dialect ---------------------------------------------------------------


@dataclass(frozen=True)
class Transform:
    """How a state_dict entry is made from its TF variable, one step of several.

    kind: ``permute`` (axes), ``reshape`` (sizes), ``flip`` (axes), ``index`` (take
    row ``args[0]``), ``slice`` (axis, start, stop), ``blocks`` (axis, then the new
    order of equal blocks along it), ``cast`` unused.
    """

    kind: str
    args: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Param(Node):
    """The value of a variable as a parameter or buffer of a module.

    Two Params with the same ``variable`` and ``transforms`` are one state entry.
    """

    variable: VariableInfo = field(kw_only=True)
    transforms: tuple[Transform, ...] = ()


@dataclass(frozen=True, eq=False)
class Call(Node):
    """A torch expression.

    ``func``: ``torch.relu``/``F.pad`` (a function), ``.mean`` (a method of the first
    argument), an operator (``+ - * / // % ** @ == != < <= > >= & | ^ ~ << >> neg``),
    ``[]`` (a subscript), ``.shape``-like attributes as ``@shape``, ``helper.name`` (a
    function of rules/helpers, copied into the port where used).
    ``unpack`` nests the results of a call that returns a nested tuple.
    """

    func: str
    args: tuple[Arg, ...] = ()
    kwargs: tuple[tuple[str, Arg], ...] = ()
    unpack: tuple[object, ...] | None = field(default=None, kw_only=True)

    @property
    def operands(self) -> tuple[Node, ...]:
        return tuple(_nodes_of((self.args, tuple(v for _, v in self.kwargs))))

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(map_arg(a, change) for a in self.args)
        kwargs = tuple((k, map_arg(v, change)) for k, v in self.kwargs)
        if _same(args, self.args) and _same(
            tuple(v for _, v in kwargs), tuple(v for _, v in self.kwargs)
        ):
            return self
        return replace(self, args=args, kwargs=kwargs)

    def kwarg(self, name: str, default: Arg = None) -> Arg:
        return dict(self.kwargs).get(name, default)


@dataclass(frozen=True, eq=False)
class Module(Node):
    """An ``nn.Module`` applied to operands.

    ``cls``: ``nn.Conv2d`` or ``helper.Name``; ``config``: constructor arguments;
    ``state``: state_dict suffix → where its value comes from. Two Modules with the
    same ``key`` are one object called twice. ``files``: path in the port folder → what
    makes its content, for state that is no tensor (the vocabulary of a table).
    """

    cls: str
    args: tuple[Arg, ...] = ()
    config: tuple[tuple[str, Arg], ...] = ()
    state: tuple[tuple[str, Param | Const], ...] = ()
    key: object = field(default_factory=object)
    name: str = ""
    unpack: tuple[object, ...] | None = field(default=None, kw_only=True)
    files: tuple[tuple[str, Callable[[], bytes]], ...] = field(default=(), kw_only=True)

    @property
    def operands(self) -> tuple[Node, ...]:
        return tuple(_nodes_of(self.args))

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(map_arg(a, change) for a in self.args)
        return self if _same(args, self.args) else replace(self, args=args)


@dataclass(frozen=True, eq=False)
class Block(Node):
    """A closed graph that becomes a class of its own, applied to ``args``."""

    graph: Graph
    args: tuple[Node, ...]
    name: str = ""

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.args

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(change(n) for n in self.args)
        return self if _same(args, self.args) else replace(self, args=args)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.graph,)


@dataclass(frozen=True, eq=False)
class Chain(Node):
    """Equal blocks one after the other: each takes the result of the one before.

    ``args[0]`` enters the first block; the other args go to every block.
    """

    graphs_: tuple[Graph, ...]
    args: tuple[Node, ...]
    name: str = ""

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.args

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(change(n) for n in self.args)
        return self if _same(args, self.args) else replace(self, args=args)

    def graphs(self) -> tuple[Graph, ...]:
        return self.graphs_


@dataclass(frozen=True, eq=False)
class Family(Node):
    """Layers of one kind side by side, each on an argument of its own; the result is
    the list of theirs. Their own ``args`` are not read."""

    modules: tuple[Module, ...]
    args: tuple[Node, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.args

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(change(n) for n in self.args)
        return self if _same(args, self.args) else replace(self, args=args)


@dataclass(frozen=True, eq=False)
class Unported(Node):
    """A TF op that no rule ports; running it raises NotImplementedError."""

    op: str
    inputs: tuple[Node, ...] = ()
    reason: str = ""

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.inputs

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        inputs = tuple(change(n) for n in self.inputs)
        return self if _same(inputs, self.inputs) else replace(self, inputs=inputs)


# --- regions, in both dialects -----------------------------------------------------


@dataclass(frozen=True, eq=False)
class Case(Node):
    """Run ``branches[index]`` on ``inputs``; an If is ``(else, then)`` of a bool.

    Branches are closed: they read their own Inputs (one per entry of ``inputs``)
    and leaves. Results are read through Out when there are several.
    """

    index: Node
    inputs: tuple[Node, ...]
    branches: tuple[Graph, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.index, *self.inputs)

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        index, inputs = change(self.index), tuple(change(n) for n in self.inputs)
        if index is self.index and _same(inputs, self.inputs):
            return self
        return replace(self, index=index, inputs=inputs)

    def graphs(self) -> tuple[Graph, ...]:
        return self.branches


@dataclass(frozen=True, eq=False)
class While(Node):
    """``while cond(*vars): vars = body(*vars)``; results are the final vars."""

    inputs: tuple[Node, ...]
    cond: Graph
    body: Graph

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.inputs

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        inputs = tuple(change(n) for n in self.inputs)
        return self if _same(inputs, self.inputs) else replace(self, inputs=inputs)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.cond, self.body)


@dataclass(frozen=True, eq=False)
class For(Node):
    """``for i in range(start, stop)``; ``body`` takes (i, *vars), gives the vars."""

    start: Node
    stop: Node
    inputs: tuple[Node, ...]
    body: Graph

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.start, self.stop, *self.inputs)

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        start, stop = change(self.start), change(self.stop)
        inputs = tuple(change(n) for n in self.inputs)
        if _same((start, stop, *inputs), self.operands):
            return self
        return replace(self, start=start, stop=stop, inputs=inputs)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.body,)


@dataclass(frozen=True, eq=False)
class CustomGradient(Node):
    """Identity on ``inputs`` (result i is input i) whose gradient ``backward`` gives.

    ``backward`` takes one gradient per result, then ``captures`` (values of the
    forward pass). Its outputs are called by the position of the input whose gradient
    they are; an input without one has no gradient.
    """

    inputs: tuple[Node, ...]
    captures: tuple[Node, ...]
    backward: Graph

    @property
    def operands(self) -> tuple[Node, ...]:
        return (*self.inputs, *self.captures)

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        inputs = tuple(change(n) for n in self.inputs)
        captures = tuple(change(n) for n in self.captures)
        if _same((*inputs, *captures), self.operands):
            return self
        return replace(self, inputs=inputs, captures=captures)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.backward,)


def map_arg(arg: Arg, change: Callable[[Node], Node]) -> Arg:
    """``arg`` with every node inside it replaced by ``change(node)``."""
    if isinstance(arg, Node):
        return change(arg)
    if isinstance(arg, tuple):
        new = tuple(map_arg(a, change) for a in arg)
        return arg if _same(new, arg) else new
    if isinstance(arg, Slice):
        parts = (arg.start, arg.stop, arg.step)
        new = tuple(map_arg(p, change) for p in parts)
        return arg if _same(new, parts) else Slice(*new)
    return arg


def _nodes_of(arg: Arg) -> Iterator[Node]:
    if isinstance(arg, Node):
        yield arg
    elif isinstance(arg, tuple):
        for item in arg:
            yield from _nodes_of(item)
    elif isinstance(arg, Slice):
        yield from _nodes_of((arg.start, arg.stop, arg.step))


def _same(left: tuple[Arg, ...], right: tuple[Arg, ...]) -> bool:
    return len(left) == len(right) and all(
        a is b for a, b in zip(left, right, strict=True)
    )
