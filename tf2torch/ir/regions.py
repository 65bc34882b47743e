"""Control flow in both dialects: nodes that own graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tf2torch.ir.node import Node, same_args

if TYPE_CHECKING:
    from tf2torch.ir.graph import Graph


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
        if index is self.index and same_args(inputs, self.inputs):
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
        return self if same_args(inputs, self.inputs) else replace(self, inputs=inputs)

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
        if same_args((start, stop, *inputs), self.operands):
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

    @property
    def distinct(self) -> tuple[Node, ...]:
        """``inputs``, then the captures that are none of them, each once: what the
        function is applied to (torch.compile takes no tensor twice)."""
        own = (n for n in self.captures if n not in self.inputs)
        return (*self.inputs, *dict.fromkeys(own))

    def map_operands(self, change: Callable[[Node], Node]) -> Node:
        inputs = tuple(change(n) for n in self.inputs)
        captures = tuple(change(n) for n in self.captures)
        if same_args((*inputs, *captures), self.operands):
            return self
        return replace(self, inputs=inputs, captures=captures)

    def graphs(self) -> tuple[Graph, ...]:
        return (self.backward,)
