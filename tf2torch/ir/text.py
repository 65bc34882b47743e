"""Print graphs as text that one can read.

%3 = F.conv2d(%2, kernel, stride=(2, 2))  # f32[batch, 64, 56, 56]  layer1/conv
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import (
    Arg,
    Block,
    Blocks,
    Call,
    Const,
    DType,
    Input,
    Module,
    Node,
    Op,
    Option,
    Out,
    Param,
    Raw,
    Sizes,
    Slice,
    Table,
    Unported,
    Variable,
)

LEAVES = (Const, Param, Input, Variable, Table, Sizes, Out)


def to_text(graph: Graph, indent: str = "") -> str:
    """The whole graph, regions indented below the node that owns them."""
    return "\n".join(_Printer().lines(graph, indent)) + "\n"


class _Printer:
    def __init__(self) -> None:
        self.names: dict[Node, str] = {}

    def lines(self, graph: Graph, indent: str) -> Iterator[str]:
        inputs = ", ".join(f"{self.input(i)}: {i.type}" for i in graph.inputs)
        yield f"{indent}graph {graph.name}({inputs}):"
        for node in graph.nodes():
            if isinstance(node, LEAVES):
                continue
            self.names[node] = f"%{len(self.names)}"
            types = ", ".join(map(str, node.types))
            text = f"{indent}  {self.names[node]} = {self.expression(node)}"
            yield f"{text}  # {types}  {'/'.join(node.origin.scope)}"
            for inner in node.graphs():
                yield from self.lines(inner, indent + "    ")
        for effect in graph.effects:
            yield f"{indent}  effect {self.ref(effect)}"
        results = ", ".join(f"{k}={self.ref(n)}" for k, n in graph.outputs)
        yield f"{indent}  return {results}"

    def input(self, node: Input) -> str:
        self.names[node] = f"%{len(self.names)}_{node.name}"
        return self.names[node]

    def ref(self, node: Node) -> str:
        match node:
            case Const():
                if node.array.size <= 8:
                    return str(node.array.tolist())
                return f"const({node.type})"
            case Param():
                steps = "".join(f".{t.kind}{t.args}" for t in node.transforms)
                return f"<{node.variable.name}{steps}>"
            case Variable() | Table():
                return f"&{node.info.name}"
            case Sizes():
                return f"sizes{node.values}"
            case Out():
                return f"{self.ref(node.node)}#{node.index}"
        return self.names.get(node, "%?")

    def arg(self, arg: Arg) -> str:
        match arg:
            case Node():
                return self.ref(arg)
            case tuple():
                return f"({', '.join(map(self.arg, arg))})"
            case Slice():
                return ":".join(
                    "" if p is None else self.arg(p)
                    for p in (arg.start, arg.stop, arg.step)
                )
            case DType(name) | Raw(name):
                return name
        return repr(arg)

    def expression(self, node: Node) -> str:
        match node:
            case Op():
                attrs = [f"{k}={v!r}" for k, v in sorted(node.attrs.items())]
                return f"{node.op}({', '.join([*map(self.ref, node.inputs), *attrs])})"
            case Call():
                parts = [self.arg(a) for a in node.args]
                parts += [f"{k}={self.arg(v)}" for k, v in node.kwargs]
                return f"{node.func}({', '.join(parts)})"
            case Module():
                config = ", ".join(f"{k}={self.arg(v)}" for k, v in node.config)
                args = ", ".join(map(self.arg, node.args))
                return (
                    f"{node.cls}({config})({args})  state {[k for k, _ in node.state]}"
                )
            case Block() | Blocks():
                given = ", ".join(map(self.ref, node.args))
                return f"{type(node).__name__} {node.name}({given})"
            case Option():
                given = ", ".join(map(self.ref, node.args))
                return f"Option {node.present}({given})"
            case Unported():
                return f"Unported {node.op}({', '.join(map(self.ref, node.inputs))})"
        return f"{type(node).__name__}({', '.join(map(self.ref, node.operands))})"


def part_to_text(graph: Graph, kept: Iterable[Node]) -> str:
    """Only the nodes ``kept`` of ``graph``: what they read, what they compute, and
    which of it is read outside of them."""
    return "\n".join(_part(graph, set(kept))) + "\n"


def _part(graph: Graph, kept: set[Node]) -> Iterator[str]:
    printer = _Printer()
    read: dict[Node, None] = {}
    left: dict[Node, None] = {}
    for node in graph.nodes():
        for operand in _values(node):
            if node in kept and operand not in kept:
                read.setdefault(operand)
            elif node not in kept and operand in kept:
                left.setdefault(operand)
    left |= dict.fromkeys(n for r in graph.results for n in _values_of(r) if n in kept)
    for node in read:
        name = printer.names.setdefault(node, f"%in{len(printer.names)}")
        yield f"reads {name}: {', '.join(map(str, node.types))}  {node.origin}"
    for node in graph.nodes():
        if node not in kept or isinstance(node, LEAVES):
            continue
        printer.names[node] = f"%{len(printer.names)}"
        types = ", ".join(map(str, node.types))
        yield f"{printer.names[node]} = {printer.expression(node)}  # {types}"
        for inner in node.graphs():
            yield from printer.lines(inner, "    ")
    for node in left:
        yield f"leaves {printer.ref(node)}"


def _values(node: Node) -> Iterator[Node]:
    """What a node reads, through results of nodes with several; no constants."""
    for operand in node.operands:
        yield from _values_of(operand)


def _values_of(node: Node) -> Iterator[Node]:
    if isinstance(node, Out):
        node = node.node
    if isinstance(node, Input) or not isinstance(node, LEAVES):
        yield node
