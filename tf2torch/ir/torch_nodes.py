"""Nodes of the torch dialect: expressions, modules, blocks of modules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tf2torch.ir.node import Arg, Attr, Node, map_arg, nodes_of, same_args

if TYPE_CHECKING:
    from tf2torch.ir.graph import Graph

from tf2torch.ir.leaves import Const, VariableInfo


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

    @cached_property
    def operands(self) -> tuple[Node, ...]:
        return tuple(nodes_of((self.args, tuple(v for _, v in self.kwargs))))

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(map_arg(a, change) for a in self.args)
        kwargs = tuple((k, map_arg(v, change)) for k, v in self.kwargs)
        if same_args(args, self.args) and same_args(
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

    @cached_property
    def operands(self) -> tuple[Node, ...]:
        return tuple(nodes_of(self.args))

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(map_arg(a, change) for a in self.args)
        return self if same_args(args, self.args) else replace(self, args=args)


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
        return self if same_args(args, self.args) else replace(self, args=args)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.graph,)


@dataclass(frozen=True, eq=False)
class Blocks(Node):
    """Several blocks that are one attribute: a list of modules."""

    graphs_: tuple[Graph, ...]
    args: tuple[Node, ...]
    name: str = ""

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.args

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(change(n) for n in self.args)
        return self if same_args(args, self.args) else replace(self, args=args)

    def graphs(self) -> tuple[Graph, ...]:
        return self.graphs_

    def lent(self, graphs: tuple[Graph, ...], values: tuple[Node, ...]) -> Blocks:
        """Over ``graphs``, which read ``values``, too."""
        return replace(self, graphs_=graphs, args=(*self.args, *values))


@dataclass(frozen=True, eq=False)
class Chain(Blocks):
    """Equal blocks one after the other: each takes the result of the one before.

    ``args[0]`` enters the first block; the other args go to every block.
    """


@dataclass(frozen=True, eq=False)
class Siblings(Blocks):
    """Equal blocks side by side; the result is the list of theirs.

    ``args``: all that the first block reads, then all that the second reads, and so on.
    """

    @property
    def rows(self) -> tuple[tuple[Node, ...], ...]:
        """What each block reads."""
        width = len(self.args) // len(self.graphs_)
        starts = range(0, len(self.args), width)
        return tuple(self.args[i : i + width] for i in starts)

    def lent(self, graphs: tuple[Graph, ...], values: tuple[Node, ...]) -> Blocks:
        args = tuple(a for row in self.rows for a in (*row, *values))
        return replace(self, graphs_=graphs, args=args)


@dataclass(frozen=True, eq=False)
class Ladder(Blocks):
    """Blocks one after the other that hand on several values, leave some behind, or
    pick some up: encoders and decoders with skip connections, cells.

    ``reads`` says for each input of a block where it comes from: ("carried", k), value
    k of those that go from block to block; ("given", j), the same for all blocks;
    ("own", j), one of its own. ``hands``: the next value k, ("result", i) of the block
    or the value ("carried", j) before it. ``keeps``: results that are kept in lists.
    ``args``: what is carried to the first block, what is given, and then what is own,
    for one input after the other. The results are the values carried by the last
    block, and then the lists.
    """

    reads: tuple[tuple[str, int], ...] = ()
    hands: tuple[tuple[str, int], ...] = ()
    keeps: tuple[int, ...] = ()

    @property
    def entering(self) -> tuple[Node, ...]:
        return self.args[: len(self.hands)]

    @property
    def given(self) -> tuple[Node, ...]:
        count = sum(kind == "given" for kind, _ in self.reads)
        return self.args[len(self.hands) : len(self.hands) + count]

    @property
    def own(self) -> tuple[tuple[Node, ...], ...]:
        """For each input that has values of its own: those, by block."""
        rest = self.args[len(self.hands) + len(self.given) :]
        count = len(self.graphs_)
        return tuple(rest[i : i + count] for i in range(0, len(rest), count))

    def lent(self, graphs: tuple[Graph, ...], values: tuple[Node, ...]) -> Blocks:
        first = len(self.hands) + len(self.given)
        args = (*self.args[:first], *values, *self.args[first:])
        known = len(self.given)
        more = tuple(("given", known + i) for i in range(len(values)))
        return replace(self, graphs_=graphs, args=args, reads=(*self.reads, *more))


@dataclass(frozen=True, eq=False)
class Option(Node):
    """A part that some instances of a block have and others lack: a projection, a
    residual, an expansion.

    ``graph`` over ``args`` where ``present``, else ``args[0]``. An instance without it
    borrows the graph of one that has it, so that the two are one class.
    """

    graph: Graph
    args: tuple[Node, ...]
    present: bool

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.args

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        args = tuple(change(n) for n in self.args)
        return self if same_args(args, self.args) else replace(self, args=args)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.graph,) if self.present else ()


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
        return self if same_args(args, self.args) else replace(self, args=args)


@dataclass(frozen=True, eq=False)
class Unported(Node):
    """A TF op that no rule ports; running it raises NotImplementedError."""

    op: str
    inputs: tuple[Node, ...] = ()
    reason: str = ""
    attrs: tuple[tuple[str, Attr], ...] = ()

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.inputs

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        inputs = tuple(change(n) for n in self.inputs)
        return self if same_args(inputs, self.inputs) else replace(self, inputs=inputs)
