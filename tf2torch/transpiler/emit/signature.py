"""When two blocks are the same class: their structure, and where they differ.

The structure holds everything but numbers: ops, their wiring, names of arguments,
dtypes, flags. Numbers (channels, kernel sizes, scales) are *slots*; blocks of equal
structure become one class, and slots whose numbers differ its constructor arguments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from tf2torch.ir.build import python_number
from tf2torch.ir.graph import Graph, topological
from tf2torch.ir.nodes import (
    Arg,
    Block,
    Blocks,
    Call,
    Case,
    Const,
    CustomGradient,
    DType,
    Family,
    For,
    Input,
    Ladder,
    Module,
    Node,
    Option,
    Out,
    Param,
    Raw,
    Sizes,
    Slice,
    Table,
    Unported,
    Variable,
    While,
)
from tf2torch.transpiler.emit.roles import full_config

Path = tuple[object, ...]
# A constant up to this size is spelled out in the source, larger ones are stored.
SMALL = 16


class Absent(Enum):
    """The value of a number that an instance of a class has not."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class Slot:
    """A number at ``path`` of ``node``; ``value`` may be a tuple for whole shapes."""

    node: Node
    path: Path
    value: object


@dataclass(eq=False)
class Signature:
    """``key`` is equal for blocks of one class; ``slots`` line up between them.

    ``options``: position in ``order`` of what only some instances have → the part that
    it belongs to.
    """

    graph: Graph
    key: object = None
    slots: list[Slot] = field(default_factory=list)
    order: list[Node] = field(default_factory=list)
    children: list[Signature] = field(default_factory=list)
    options: dict[int, Option] = field(default_factory=dict)

    def has(self, index: int) -> bool:
        """Has this instance what stands at this place of ``order``?"""
        return index not in self.options or self.options[index].present


def sign(graph: Graph, known: dict[Graph, Signature]) -> Signature:
    """The signature of ``graph``; ``known`` keeps those of nested graphs."""
    if graph in known:
        return known[graph]
    made = Signature(graph)
    signer = _Signer(made, known)
    signer.number_graph(graph)
    body = signer.encode_graph(graph)
    digest = hashlib.sha256(repr(body).encode()).hexdigest()
    made.key = (len(graph.inputs), len(graph.outputs), digest)
    known[graph] = made
    return made


class _Signer:
    def __init__(self, made: Signature, known: dict[Graph, Signature]) -> None:
        self.made = made
        self.known = known
        self.numbers: dict[object, int] = {}

    def number_graph(self, graph: Graph) -> None:
        for node in graph.inputs:
            self.numbers[node] = len(self.numbers)

    def encode_graph(self, graph: Graph) -> object:
        rows = []
        for node in topological((*graph.effects, *graph.results)):
            if node in self.numbers:
                continue
            rows.append(self.encode(node))
            self.numbers[node] = len(self.numbers)
            self.made.order.append(node)
        results = [self.numbers[n] for n in graph.results]
        return (tuple(rows), tuple(results), [self.numbers[n] for n in graph.effects])

    def encode(self, node: Node) -> object:
        match node:
            case Call():
                args = [self.arg(a, node, (i,)) for i, a in enumerate(node.args)]
                named = [(k, self.arg(v, node, (k,))) for k, v in node.kwargs]
                return ("call", node.func, args, named, len(node.types))
            case Module():
                return self.module(node)
            case Family():
                return self.family(node)
            case Param():
                return self.param(node)
            case Const():
                return self.const(node)
            case Block():
                child = sign(node.graph, self.known)
                self.made.children.append(child)
                self.slot_child(node, child, 0)
                return ("block", child.key, [self.numbers[a] for a in node.args])
            case Blocks():
                return self.blocks(node)
            case Option():
                return self.option(node)
            case Out():
                return ("out", self.numbers[node.node], node.index)
            case Unported():
                inputs = [self.numbers[n] for n in node.inputs]
                return ("unported", node.op, repr(node.attrs), inputs)
            case Input():
                return ("free", id(node))
            case Sizes():
                return ("sizes", node.values, node.types)
            case Variable() | Table():
                return ("handle", node.info.name)
        return self.region(node)

    def region(self, node: Node) -> object:
        graphs = []
        for graph in node.graphs():
            self.number_graph(graph)
            graphs.append(self.encode_graph(graph))
        operands = [self.numbers[n] for n in node.operands]
        assert isinstance(node, (Case, CustomGradient, For, While))
        return (type(node).__name__, operands, graphs)

    def module(self, node: Module) -> object:
        number = self.shared(("module", node.key))
        args = [self.arg(a, node, ("args", i)) for i, a in enumerate(node.args)]
        if number is not None:
            return ("again", number, args)
        config = [(k, self.setting(v, node, k)) for k, v in full_config(node)]
        state = []
        for suffix, value in node.state:
            kind = "const"
            if isinstance(value, Param):
                kind = f"param {value.variable.trainable} {_parts(value)}"
            state.append((suffix, kind))
        return ("module", node.cls, args, config, state)

    def family(self, node: Family) -> object:
        """Its layers as they stand: blocks that differ in them are two classes."""
        for module in node.modules:
            self.shared(("module", module.key))
        layers = [(m.cls, repr(m.config)) for m in node.modules]
        return ("family", layers, [self.numbers[a] for a in node.args])

    def setting(self, value: Arg, node: Module, key: str) -> object:
        """A constructor argument; a size per axis, such as (1, 7), is one number, and
        so is the file of a vocabulary."""
        plain = isinstance(value, tuple) and all(type(v) is int for v in value)
        file = isinstance(value, str) and any(value == name for name, _ in node.files)
        if (
            file
            or plain
            or (isinstance(value, (int, float)) and not isinstance(value, bool))
        ):
            self.made.slots.append(Slot(node, ("config", key), value))
            return "number"
        return self.arg(value, node, ("config", key))

    def param(self, node: Param) -> object:
        number = self.shared(("param", node.variable, node.transforms))
        if number is not None:
            return ("again", number)
        shape = node.shape or ()
        for axis, size in enumerate(shape):
            self.made.slots.append(Slot(node, ("shape", axis), size))
        return ("param", node.variable.trainable, node.dtype, len(shape), _parts(node))

    def const(self, node: Const) -> object:
        if node.rank == 0 and node.array.dtype.kind in "fiu":
            self.made.slots.append(Slot(node, ("const",), python_number(node.array)))
            return ("number", node.dtype)
        if node.array.size <= SMALL or node.array.dtype == object:
            return ("const", node.dtype, node.array.shape, str(node.array.tolist()))
        if is_literal(node):
            content = hashlib.sha256(node.array.tobytes()).hexdigest()
            return ("literal", node.dtype, node.array.shape, content)
        for axis, size in enumerate(node.array.shape):
            self.made.slots.append(Slot(node, ("shape", axis), size))
        return ("stored", node.dtype, node.rank)

    def blocks(self, node: Blocks) -> object:
        children = [sign(g, self.known) for g in node.graphs_]
        self.made.children.extend(children)
        for index, child in enumerate(children):
            self.slot_child(node, child, index)
        args = [self.numbers[a] for a in node.args]
        kind = type(node).__name__
        wiring: tuple[object, ...] = ()
        if isinstance(node, Ladder):
            wiring = (node.reads, node.hands, node.keeps)
        return (kind, [c.key for c in children], args, wiring)

    def option(self, node: Option) -> object:
        """Its inside, as if it stood here; an instance without it has no numbers."""
        slots, order = self.made.slots, self.made.order
        slots.append(Slot(node, ("present",), node.present))
        first_slot, first = len(slots), len(order)
        for outer, inner in zip(node.args, node.graph.inputs, strict=True):
            self.numbers[inner] = self.numbers[outer]
        inside = self.encode_graph(node.graph)
        self.made.options.update({i: node for i in range(first, len(order))})
        if not node.present:
            for index in range(first_slot, len(slots)):
                slots[index] = replace(slots[index], value=ABSENT)
        return ("option", [self.numbers[a] for a in node.args], inside)

    def slot_child(self, node: Node, child: Signature, index: int) -> None:
        for number, slot in enumerate(child.slots):
            self.made.slots.append(Slot(node, ("child", index, number), slot.value))

    def shared(self, key: object) -> int | None:
        """The number of an earlier use of the same state, else None."""
        if key in self.numbers:
            return self.numbers[key]
        self.numbers[key] = len(self.numbers)
        return None

    def arg(self, arg: Arg, node: Node, path: Path) -> object:
        match arg:
            case Node():
                return self.numbers[arg]
            case bool() | str() | None:
                return repr(arg)
            case int() | float():
                self.made.slots.append(Slot(node, path, arg))
                return type(arg).__name__
            case tuple():
                return tuple(self.arg(a, node, (*path, i)) for i, a in enumerate(arg))
            case Slice():
                parts = (arg.start, arg.stop, arg.step)
                return (
                    "slice",
                    [self.arg(a, node, (*path, i)) for i, a in enumerate(parts)],
                )
            case DType() | Raw():
                return repr(arg)
        return repr(arg)


class _Anywhere(dict[object, int]):
    """Every operand has the same number: only what a node does itself counts."""

    def __missing__(self, key: object) -> int:
        return 0


def local_key(node: Node) -> object:
    """Equal for nodes that could be the same line of a class, whatever they read."""
    signer = _Signer(Signature(Graph("", (), ())), {})
    signer.numbers = _Anywhere()
    return repr(signer.encode(node))


def is_literal(node: Const) -> bool:
    """Is the constant spelled out in the source (and not kept with the weights)?"""
    if node.array.size <= SMALL:
        return True
    flat = node.array.reshape(-1)
    if bool(np.all(flat == flat[0])) and node.dtype != "bool":
        return True
    return (
        node.array.ndim == 1
        and node.array.dtype.kind in "iu"
        and bool(np.ptp(np.diff(flat.astype(np.int64))) == 0 and flat[0] != flat[1])
    )


def _parts(param: Param) -> tuple[str, ...]:
    return tuple(t.kind for t in param.transforms if t.kind in ("index", "slice"))


def walk(signature: Signature) -> Iterator[Signature]:
    """``signature`` and every one below it, children first."""
    for child in signature.children:
        yield from walk(child)
    yield signature
