"""Give every symbolic size a tensor that has it.

    Call(".reshape", x, (batch, 49))   ->   Call(".reshape", x, (x.shape[0], 49))
    Sizes(batch) as a tensor           ->   torch.tensor(x.shape[0])

A size is read off an operand of the node that needs it where one has it, else off an
input of the graph, else off the first value that has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import numpy as np
import sympy

from tf2torch.diagnostics import TranspileError
from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, map_regions
from tf2torch.ir.nodes import (
    Arg,
    Block,
    Blocks,
    Call,
    Case,
    Const,
    CustomGradient,
    DType,
    For,
    Input,
    Node,
    Sizes,
    Slice,
    While,
)
from tf2torch.ir.types import Dim, TensorType
from tf2torch.transpiler.passes.size_order import order_by_sizes

SCALAR = TensorType("int64", ())
# Functions of a Python number that stands for a rank-0 tensor of sizes.
NUMBER_FUNCS = {
    "torch.sqrt": "math.sqrt",
    "torch.exp": "math.exp",
    "torch.log": "math.log",
}
NUMBERS = frozenset("+ - * / // % ** < <= > >= == != neg".split())


def resolve_sizes(graph: Graph) -> Graph:
    """No symbol is left in an argument, no Sizes in the graph."""
    return _Resolver(graph.inputs).run(graph)


class _Resolver:
    """Resolves one graph; ``outer`` resolves the graph around a region."""

    def __init__(
        self, inputs: tuple[Input, ...], outer: _Resolver | None = None
    ) -> None:
        self.outer = outer
        # Values of the graph around that only lend a size: outer value → own input.
        self.lent: dict[Node, Input] = {}
        self.homes: dict[sympy.Symbol, tuple[Node, int]] = {}
        self.reads: dict[tuple[Node, int], Node] = {}
        self.numbers: dict[Node, Node] = {}
        # String inputs of the model may be lists, which have no shape.
        self.arrays: dict[Node, Node] = {}
        for node in inputs:
            self.learn(node)

    def run(self, graph: Graph) -> Graph:
        new: dict[Node, Node] = {}
        self.arrays = {} if self.outer else string_arrays(graph)
        for node in order_by_sizes(graph):
            if isinstance(node, Sizes):
                new[node] = node
                continue
            moved = self.resolve(node.map_operands(new.__getitem__))
            new[node] = moved
            self.learn(moved)
        return replace(
            graph,
            outputs=tuple((k, self.tensor(new[n])) for k, n in graph.outputs),
            effects=tuple(new[n] for n in graph.effects),
        )

    def learn(self, node: Node) -> None:
        if (
            len(node.types) > 1
            or node.shape is None
            or node.dtype in ("resource", "variant")
        ):
            return
        if node in self.numbers:
            return
        for axis, size in enumerate(node.shape):
            if isinstance(size, sympy.Symbol):
                self.homes.setdefault(size, (node, axis))

    def resolve(self, node: Node) -> Node:
        if isinstance(node, Call):
            return self.call(node)
        if node.graphs():
            node = self.region(node)
        if isinstance(node, For):
            bounds = {n: self.bound(n) for n in (node.start, node.stop)}
            node = node.map_operands(lambda n: bounds.get(n, n))
        if isinstance(node, Case) and node.index in self.numbers:
            inputs = tuple(self.tensor(n) for n in node.inputs)
            return replace(node, inputs=inputs)
        return node.map_operands(self.tensor)

    def bound(self, node: Node) -> Node:
        """The end of a ``range`` as a Python number where it is a size."""
        if isinstance(node, Sizes):
            return self.expression(node.values[0], [])
        return node  # a number stays one

    def region(self, node: Node) -> Node:
        """Resolve inside; what only lends a size becomes one more operand."""
        resolvers = [_Resolver(g.inputs, self) for g in node.graphs()]
        if isinstance(node, For):
            resolvers[0].number(node.body.inputs[0])  # what range() yields
        graphs = [r.run(g) for r, g in zip(resolvers, node.graphs(), strict=True)]
        lent = dict.fromkeys(outer for r in resolvers for outer in r.lent)
        return with_operands(node, graphs, [r.lent for r in resolvers], tuple(lent))

    def call(self, node: Call) -> Node:
        near = [n for n in node.operands if not isinstance(n, Sizes)]
        operands = [n for n in node.operands]
        if any(isinstance(n, Sizes) or n in self.numbers for n in operands):
            number = self.number_call(node, near)
            if number is not None:
                return number
        args = tuple(self.arg(a, node, near) for a in node.args)
        kwargs = tuple((k, self.arg(v, node, near)) for k, v in node.kwargs)
        if args == node.args and kwargs == node.kwargs:
            return node
        return replace(node, args=args, kwargs=kwargs)

    def number_call(self, node: Call, near: list[Node]) -> Node | None:
        """Arithmetic of sizes stays arithmetic of Python numbers."""
        if node.rank != 0:
            return None
        plain = all(n in self.numbers or _is_scalar(n) for n in node.operands)
        if not plain:
            return None
        if node.func == ".to" and isinstance(node.args[1], DType):
            inner = self.scalar(node.args[0], near)
            if node.dtype.startswith("float"):
                return self.number(call("float", inner, type=node.type))
            if not node.dtype.startswith("int"):
                return None
            if isinstance(inner, Node) and inner.dtype.startswith("float"):
                return self.number(call("int", inner, type=node.type))
            return self.number(inner) if isinstance(inner, Node) else None
        func = NUMBER_FUNCS.get(node.func, node.func if node.func in NUMBERS else None)
        if func is None:
            return None
        args = tuple(self.scalar(a, near) for a in node.args)
        return self.number(replace(node, func=func, args=args))

    def number(self, node: Node) -> Node:
        self.numbers[node] = node
        return node

    def scalar(self, arg: Arg, near: list[Node]) -> Arg:
        if isinstance(arg, Sizes):
            return self.number(self.expression(arg.values[0], near))
        return arg

    def arg(self, arg: Arg, user: Call, near: list[Node]) -> Arg:
        match arg:
            case Sizes():
                if arg.rank == 0 and user.func in _TAKES_NUMBERS:
                    return self.number(self.expression(arg.values[0], near))
                return self.tensor(arg, near)
            case Node() if arg in self.numbers and not _takes_number(user, arg):
                return self.tensor(arg, near)
            case tuple() if user.func in _TENSORS:
                return tuple(self.arg(a, user, near) for a in arg)
            case tuple():
                return tuple(self.size_arg(a, user, near) for a in arg)
            case Slice():
                parts = (arg.start, arg.stop, arg.step)
                return Slice(*(self.size_arg(p, user, near) for p in parts))
            case sympy.Expr():
                return self.expression(arg, near)
        return arg

    def size_arg(self, arg: Arg, user: Call, near: list[Node]) -> Arg:
        if isinstance(arg, Sizes) and arg.rank == 0:
            return self.number(self.expression(arg.values[0], near))
        return self.arg(arg, user, near)

    def tensor(self, node: Node, near: Iterable[Node] = ()) -> Node:
        """A tensor for ``node``, which may be Sizes or a Python number."""
        if isinstance(node, Sizes):
            parts = tuple(self.expression(v, list(near)) for v in node.values)
            shape = node.type.static_shape() or ()
            value = nested(parts, shape)
            dtype = DType(node.dtype)
            made = call("torch.tensor", value, dtype=dtype, type=node.type)
            return replace(made, origin=node.origin)
        if node in self.numbers:
            dtype = DType(node.dtype)
            made = call("torch.tensor", node, dtype=dtype, type=node.type)
            return replace(made, origin=node.origin)
        return node

    # --- expressions of sizes ----------------------------------------------------

    def expression(self, size: Dim, near: list[Node]) -> Node:
        """``size`` as Python arithmetic over ``x.shape[i]``."""
        if isinstance(size, int):
            return Const(np.array(size), types=(SCALAR,))
        if isinstance(size, sympy.Integer):
            return self.expression(int(size), near)
        found = self.near_read(size, near)
        if found is not None:
            return found
        if isinstance(size, sympy.Symbol):
            return self.read(*self.home(size))
        if isinstance(size, sympy.Rational):
            raise TranspileError(f"the size {size} is no integer")
        if isinstance(size, sympy.floor):
            return self.floor(size.args[0], near)
        if isinstance(size, sympy.Pow):
            base, exponent = size.args
            left, right = self.expression(base, near), self.expression(exponent, near)
            return call("**", left, right, type=SCALAR)
        if isinstance(size, sympy.Mod):
            left, right = (self.expression(a, near) for a in size.args)
            return call("%", left, right, type=SCALAR)
        if isinstance(size, (sympy.Max, sympy.Min)):
            func = "torch.sym_max" if isinstance(size, sympy.Max) else "torch.sym_min"
            terms = sorted(size.args, key=lambda a: (a.is_number, str(a)))
            parts = [self.expression(t, near) for t in terms]
            return reduce(lambda a, b: call(func, a, b, type=SCALAR), parts)
        if not isinstance(size, (sympy.Add, sympy.Mul)):
            raise TranspileError(f"no expression for the size {size}")
        if sympy.fraction(sympy.together(size))[1] != 1 and not _one_fraction(size):
            return self.floor(size, near)
        operator = "+" if isinstance(size, sympy.Add) else "*"
        terms = sorted(size.args, key=lambda a: (a.is_number, str(a)))
        made = self.expression(terms[0], near)
        for term in terms[1:]:
            if operator == "+" and term.could_extract_minus_sign():
                made = call("-", made, self.expression(-term, near), type=SCALAR)
            else:
                made = call(operator, made, self.expression(term, near), type=SCALAR)
        return made

    def floor(self, inner: sympy.Expr, near: list[Node]) -> Node:
        over, under = sympy.fraction(sympy.together(inner))
        left, right = self.expression(over, near), self.expression(under, near)
        return call("//", left, right, type=SCALAR)

    def near_read(self, size: sympy.Expr, near: list[Node]) -> Node | None:
        """``size`` read whole off a value at hand, also where it is a product."""
        for node in near:
            plain = len(node.types) == 1 and node not in self.numbers
            if plain and not isinstance(node, Sizes) and size in (node.shape or ()):
                return self.read(node, (node.shape or ()).index(size))
        return None

    def read(self, node: Node, axis: int) -> Node:
        node = self.arrays.get(node, node)
        if (node, axis) not in self.reads:
            shape = call(
                "@shape", node, type=TensorType("int64", (len(node.shape or ()),))
            )
            read = call("[]", shape, axis, type=SCALAR)
            self.reads[(node, axis)] = replace(read, origin=node.origin)
        return self.reads[(node, axis)]

    def home(self, name: sympy.Symbol) -> tuple[Node, int]:
        if name not in self.homes:
            if self.outer is None:
                raise TranspileError(f"no value has the size {name}")
            value, axis = self.outer.home(name)
            if value not in self.lent:
                own = Input(f"size_{name}", types=value.types, origin=value.origin)
                self.lent[value] = own
                self.learn(own)
            return self.lent[value], axis
        return self.homes[name]


def _one_fraction(size: sympy.Expr) -> bool:
    """A sum in which the only fraction is a term that is an integer by itself."""
    parts = [t for t in size.args if sympy.fraction(t)[1] != 1]
    return isinstance(size, sympy.Add) and len(parts) == 1 and not parts[0].is_number


def string_arrays(graph: Graph) -> dict[Node, Node]:
    """String input → the array that is made of it."""
    strings = [i for i in graph.inputs if i.dtype == "string"]
    arrays: dict[Node, Node] = {
        i: call("helper.as_bytes_array", i, type=i) for i in strings
    }
    for node in graph.nodes() if strings else ():
        if isinstance(node, Call) and node.func == "helper.as_bytes_array":
            arrays[node.operands[0]] = node
    return arrays


# Functions whose tuple holds tensors, not sizes.
_TENSORS = frozenset({"torch.stack", "torch.cat"})


def nested(parts: tuple[Node, ...], shape: tuple[int, ...]) -> Arg:
    """``parts`` as tuples of tuples of ``shape``; the one part when it is ()."""
    if not shape:
        return parts[0]
    step = len(parts) // shape[0] if shape[0] else 0
    rows = range(shape[0])
    return tuple(nested(parts[i * step : (i + 1) * step], shape[1:]) for i in rows)


_TAKES_NUMBERS = frozenset(
    {"+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "range"}
    | {"torch.arange", "torch.full", "[]", "torch.where", "torch.clamp", "F.one_hot"}
    | {"float", "math.sqrt", ".expand", ".repeat", ".reshape", "int"}
)


def _takes_number(user: Call, operand: Node) -> bool:
    if user.func == "torch.where" and operand is user.args[0]:
        return False
    return user.func in _TAKES_NUMBERS


def _is_scalar(node: Node) -> bool:
    return isinstance(node, (Sizes, Const)) and node.rank == 0


def with_operands(
    node: Node,
    graphs: list[Graph],
    lent: list[dict[Node, Input]],
    operands: tuple[Node, ...],
) -> Node:
    """``node`` over new graphs, each with an input for every one of ``operands``."""
    if not operands:
        parts = iter(graphs)
        return map_regions(node, lambda g: next(parts))
    wider: list[Graph] = []
    for graph, own in zip(graphs, lent, strict=True):
        extra = tuple(
            own.get(o) or Input("size", types=o.types, origin=o.origin)
            for o in operands
        )
        kept = graph.outputs
        if isinstance(node, For) or (isinstance(node, While) and len(wider) == 1):
            kept = (*kept, *((f"size{i}", e) for i, e in enumerate(extra)))
        wider.append(replace(graph, inputs=(*graph.inputs, *extra), outputs=kept))
    types = (*node.types, *(o.types[0] for o in operands))
    match node:
        case Case(inputs=inputs):
            inputs = (*inputs, *operands)
            return replace(node, inputs=inputs, branches=tuple(wider))
        case While():
            inputs, (cond, body) = (*node.inputs, *operands), wider
            return replace(node, inputs=inputs, cond=cond, body=body, types=types)
        case For():
            inputs = (*node.inputs, *operands)
            return replace(node, inputs=inputs, body=wider[0], types=types)
        case Block():
            return replace(node, graph=wider[0], args=(*node.args, *operands))
        case Blocks():
            return node.lent(tuple(wider), operands)
        case CustomGradient():
            captures = (*node.captures, *operands)
            return replace(node, captures=captures, backward=wider[0])
    raise TranspileError(f"{type(node).__name__} {node.origin} cannot borrow a size")
