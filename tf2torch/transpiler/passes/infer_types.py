"""Give every node of the TF dialect its type, fold constants and shape arithmetic.

    Op(...)  # f32[?]      ->   Op(...)  # f32[batch, 7, 7, 64]
    Shape(x)[0]            ->   Sizes(batch)
    Add(Const, Const)      ->   Const

Static sizes come from TensorFlow's shape functions. A size that TensorFlow does not
know is asked for a second time with every symbol replaced by a prime of its own: a
result that is a product of such primes, or one of them plus a small offset, is that
expression of the symbols; anything else becomes a new symbol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import sympy

from tf2torch.ir.build import array_of, const
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import (
    Attr,
    Case,
    Const,
    CustomGradient,
    For,
    Node,
    Op,
    Out,
    Sizes,
    Variable,
    While,
)
from tf2torch.ir.types import HANDLES, Dim, TensorType, symbol
from tf2torch.transpiler import tf_ops
from tf2torch.transpiler.passes.join_types import joined_type, known_sizes, settled
from tf2torch.transpiler.passes.list_types import list_types
from tf2torch.transpiler.passes.size_codes import SizeCodes
from tf2torch.transpiler.passes.size_values import sizes_value, split_sizes
from tf2torch.transpiler.passes.spelled_shapes import spelled_shape
from tf2torch.transpiler.tf_ops import PartialShape

# How far the primes move when a number must prove that it is one.
SHIFT = 61
# A constant larger than this is left to be computed by the port.
MAX_FOLDED = 1 << 22
# Constant operands larger than this never hold shapes or axes.
MAX_VALUE = 1024
# Their result shape is spelled out by an operand, so plain ints in it are exact.
SPELLED = frozenset(
    {"Reshape", "Fill", "BroadcastTo", "Empty", "RandomUniform", "RandomStandardNormal"}
    | {"TruncatedNormal", "RandomUniformInt", "ScatterNd", "SparseToDense", "Slice"}
    | {"Conv2DBackpropInput", "Conv3DBackpropInputV2", "ResizeBilinear"}
    | {
        "ResizeNearestNeighbor",
        "ResizeBicubic",
        "ResizeArea",
        "TensorListStack",
        "Tile",
    }
)
MAX_RANK = 254  # of TensorFlow's tensors; beyond it stands the code of a size
# Their operands agree in every size but the one along the axis of joining.
JOINS = frozenset({"ConcatV2", "Pack", "AddN"})
# Their operand values are clamped to the size of what they cut.
CLAMPED = frozenset({"StridedSlice"})


def infer_types(graph: Graph) -> Graph:
    """Type ``graph`` from its inputs' types."""
    return _Inference().graph(graph, [i.types[0] for i in graph.inputs])


class _Inference:
    def __init__(self) -> None:
        self.oracle = tf_ops.ShapeOracle()
        self.codes, self.shifted = SizeCodes(), SizeCodes(SHIFT)
        self.fresh = 0

    def graph(self, graph: Graph, input_types: Sequence[TensorType]) -> Graph:
        inputs = tuple(
            replace(i, types=(t,))
            for i, t in zip(graph.inputs, input_types, strict=True)
        )
        new = self.values(graph, inputs)
        return replace(
            graph,
            inputs=inputs,
            outputs=tuple((name, new[node]) for name, node in graph.outputs),
            effects=tuple(new[node] for node in graph.effects),
        )

    def values(self, graph: Graph, inputs: Sequence[Node]) -> dict[Node, Node]:
        """Node of ``graph`` → its typed form over ``inputs``."""
        new: dict[Node, Node] = dict(zip(graph.inputs, inputs, strict=True))
        results: dict[Node, tuple[Node, ...]] = {}
        for node in graph.nodes():
            if node in new:
                continue
            if isinstance(node, Out):
                owner = results.get(node.node)
                new[node] = owner[node.index] if owner else self.out(node, new)
                continue
            moved = self.node(node.map_operands(new.__getitem__))
            if isinstance(moved, tuple):
                results[node], new[node] = moved, moved[0]
            else:
                new[node] = moved
        return new

    def out(self, node: Out, new: dict[Node, Node]) -> Node:
        owner = new[node.node]
        return replace(node, node=owner, types=(owner.types[node.index],))

    def node(self, node: Node) -> Node | tuple[Node, ...]:
        """``node`` typed; several nodes when its results are known one by one."""
        match node:
            case Op():
                return self.op(node)
            case Case():
                return self.case(node)
            case While():
                return self.loop(node)
            case CustomGradient():
                types = [n.type for n in node.inputs]
                given = [*types, *(n.type for n in node.captures)]
                backward = self.graph(node.backward, given)
                return replace(node, backward=backward, types=tuple(types))
            case For():
                raise AssertionError("loops are counted after types are inferred")
        return node

    # --- single ops --------------------------------------------------------------

    def op(self, node: Op) -> Node | tuple[Node, ...]:
        if node.op == "ReadVariableOp" and isinstance(node.inputs[0], Variable):
            info = node.inputs[0].info
            return replace(node, types=(TensorType(info.dtype, info.shape),))
        if tf_ops.schema(node.op) is None:
            return node
        folded = self.folded(node)
        if folded is not None:
            return folded if len(folded) > 1 else folded[0]
        typed = replace(node, types=self.types(_on_value(node)))
        return sizes_value(typed) or split_sizes(typed) or typed

    def folded(self, node: Op) -> tuple[Const, ...] | None:
        arrays = [array_of(n) for n in node.inputs]
        if any(a is None for a in arrays):
            return None
        if sum(a.size for a in arrays if a is not None) > MAX_FOLDED:
            return None
        if not node.inputs and node.op != "Const":
            return None
        values = [(n.dtype, a) for n, a in zip(node.inputs, arrays, strict=True)]
        results = tf_ops.fold(node.op, node.attrs, values)  # type: ignore[arg-type]
        if results is None or sum(a.size for a, _ in results) > MAX_FOLDED:
            return None
        return tuple(Const(a, types=(t,), origin=node.origin) for a, t in results)

    def types(self, node: Op) -> tuple[TensorType, ...]:
        spelled = spelled_shape(node)
        if spelled is not None:
            return _typed(node, [spelled])
        listed = list_types(node, self.new_symbol)
        if listed is not None:
            return listed
        plain = [_plain_operand(n) for n in node.inputs]
        attrs = _strict(node.attrs)
        asked = self.oracle.shapes(node.op, attrs, plain)
        if asked is None:
            attrs = node.attrs
            asked = self.oracle.shapes(node.op, attrs, plain)
        shapes = asked if asked is not None else [None] * len(node.types)
        if all(s is not None and None not in s for s in shapes):
            return _typed(node, shapes)
        found = self.recognised(node, attrs)
        return _typed(
            node,
            [
                self.merged(node, shape, found[i] if found else None)
                for i, shape in enumerate(shapes)
            ],
        )

    def recognised(
        self, node: Op, attrs: Mapping[str, Attr]
    ) -> list[tuple[Dim | None, ...] | None] | None:
        """The sizes of the results as expressions of symbols, where they tell."""
        guess = self.guess(node, attrs, self.codes)
        if guess is None:
            return None
        values = {v for shape in guess for v in shape or () if v is not None}
        again: list[PartialShape] | None = guess
        if any(self.codes.certain(v) is None for v in values):
            again = self.guess(node, attrs, self.shifted)
        return [
            None
            if shape is None
            else tuple(self.size_of(v, w) for v, w in _paired(shape, other))
            for shape, other in zip(guess, again or [None] * len(guess), strict=True)
        ]

    def size_of(self, value: int | None, shifted: int | None) -> Dim | None:
        """What gives ``value`` with the one primes and ``shifted`` with the others."""
        if value is None:
            return None
        certain = self.codes.certain(value)
        if certain is not None or value == shifted:
            return value if certain is None else certain
        probable = self.codes.probable(value)
        if probable is None or shifted is None:
            return None
        return probable if self.shifted.probable(shifted) == probable else None

    def guess(
        self, node: Op, attrs: Mapping[str, Attr], codes: SizeCodes
    ) -> list[PartialShape] | None:
        marked = self.marked_operands(node, codes)
        return None if marked is None else self.oracle.shapes(node.op, attrs, marked)

    def merged(
        self, node: Op, plain: PartialShape, found: tuple[Dim | None, ...] | None
    ) -> tuple[Dim, ...] | None:
        """Sizes that TensorFlow knows, then symbols recognised, then new symbols."""
        coded = found is not None and len(found) > MAX_RANK
        if plain is None and (found is None or coded or _any_rank(node)):
            return None
        if plain is None:
            assert found is not None
            plain = (None,) * len(found)
        known = found if found is not None else (None,) * len(plain)
        return tuple(
            size if size is not None else self.size(node, value)
            for size, value in zip(plain, known, strict=True)
        )

    def size(self, node: Op, found: Dim | None) -> Dim:
        if isinstance(found, sympy.Expr):
            return found
        if found is not None and node.op in SPELLED:
            return found
        return self.new_symbol()

    def new_symbol(self) -> sympy.Symbol:
        self.fresh += 1
        return symbol(f"s{self.fresh}")

    # --- symbols as primes -----------------------------------------------------------

    def marked_operands(
        self, node: Op, codes: SizeCodes
    ) -> list[tuple[str, PartialShape, np.ndarray | None]] | None:
        marked = []
        for operand in node.inputs:
            shape: PartialShape = None
            if operand.shape is not None:
                shape = tuple(codes.encode(s) for s in operand.shape)
            value = _value(operand)
            if isinstance(operand, Sizes) and value is None and node.op not in CLAMPED:
                numbers = [codes.encode(v) for v in operand.values]
                if any(abs(n) > np.iinfo(operand.dtype).max for n in numbers):
                    return None
                static = operand.type.static_shape() or ()
                value = np.array(numbers, operand.dtype).reshape(static)
            marked.append((operand.dtype, shape, value))
        return _joined(node, marked) if node.op in JOINS else marked

    # --- regions ---------------------------------------------------------------------

    def case(self, node: Case) -> Node | tuple[Node, ...]:
        known = array_of(node.index)
        if known is not None:
            at = int(known) if 0 <= int(known) < len(node.branches) else -1
            branch = node.branches[at]
            if branch.results and not branch.effects:
                values = self.values(branch, node.inputs)
                return tuple(values[result] for result in branch.results)
        types = [n.type for n in node.inputs]
        branches = tuple(self.graph(b, types) for b in node.branches)
        columns = zip(*([r.type for r in b.results] for b in branches), strict=True)
        joined = tuple(joined_type(column, self.new_symbol) for column in columns)
        return replace(node, branches=branches, types=joined)

    def loop(self, node: While) -> Node:
        types = [n.type for n in node.inputs]
        own: set[Dim] = set()  # sizes that change from one iteration to the next
        while True:
            body = self.graph(node.body, types)
            after = [r.type for r in body.results]
            joined = [
                joined_type(pair, self.new_symbol)
                for pair in zip(types, after, strict=True)
            ]
            pairs = zip(joined, types, strict=True)
            if all(settled(new, old, own) for new, old in pairs):
                break
            for new, old in zip(joined, types, strict=True):
                own.update(set(known_sizes(new)) - set(known_sizes(old)))
            types = joined
        cond = self.graph(node.cond, types)
        return replace(node, cond=cond, body=body, types=tuple(types))


def _paired(
    shape: Sequence[int | None], other: PartialShape
) -> list[tuple[int | None, int | None]]:
    fits = other is not None and len(other) == len(shape)
    return list(
        zip(shape, other if fits and other else [None] * len(shape), strict=True)
    )


def _any_rank(node: Op) -> bool:
    """A Squeeze of all that is 1 when it runs, where no size is 1 as yet."""
    shape = node.inputs[0].shape if node.inputs else None
    return node.op == "Squeeze" and 1 not in (shape or ())


Marked = list[tuple[str, PartialShape, np.ndarray | None]]


def _joined(node: Op, marked: Marked) -> Marked:
    """Symbols that must be equal for the op to run, written as the first of them."""
    axis: int | None = None
    if node.op == "ConcatV2":
        array = array_of(node.inputs[-1])
        axis = None if array is None else int(array) % max(node.inputs[0].rank or 1, 1)
    first = node.inputs[0].shape
    shape = marked[0][1]
    if first is None or shape is None:
        return marked
    made: Marked = []
    for (dtype, own, value), operand in zip(marked, node.inputs, strict=True):
        if operand.rank == len(first) and own is not None and operand.shape is not None:
            own = tuple(
                a
                if i != axis and not isinstance(s, int) and not isinstance(f, int)
                else o
                for i, (o, a, s, f) in enumerate(
                    zip(own, shape, operand.shape, first, strict=True)
                )
            )
        made.append((dtype, own, value))
    return made


def _strict(attrs: Mapping[str, Attr]) -> Mapping[str, Attr]:
    """Equal may say that unequal shapes are no error: two symbols may be one size."""
    if "incompatible_shape_error" not in attrs:
        return attrs
    return {**attrs, "incompatible_shape_error": True}


def _typed(node: Op, shapes: Sequence[object]) -> tuple[TensorType, ...]:
    return tuple(
        t if t.dtype in HANDLES else t.with_shape(s)  # type: ignore[arg-type]
        for t, s in zip(node.types, shapes, strict=True)
    )


def _on_value(node: Op) -> Op:
    """A gather from a variable as the gather from its value, which has a shape."""
    handle = node.inputs[0] if node.inputs else None
    if not isinstance(handle, Variable) or node.op not in GATHERS:
        return node
    info = handle.info
    value = Op(
        "ReadVariableOp", (handle,), {}, types=(TensorType(info.dtype, info.shape),)
    )
    attrs: dict[str, Attr] = {
        "Tparams": info.dtype,
        "Tindices": node.attrs["Tindices"],
    }
    if node.op == "ResourceGatherNd":
        return replace(node, op="GatherNd", inputs=(value, node.inputs[1]), attrs=attrs)
    attrs |= {"Taxis": "int32", "batch_dims": node.attrs["batch_dims"]}
    axis = const(node.attrs["batch_dims"], "int32")
    return replace(
        node, op="GatherV2", inputs=(value, node.inputs[1], axis), attrs=attrs
    )


GATHERS = frozenset({"ResourceGather", "ResourceGatherNd"})


def _plain_operand(node: Node) -> tuple[str, PartialShape, np.ndarray | None]:
    shape: PartialShape = None
    if node.shape is not None:
        shape = tuple(s if isinstance(s, int) else None for s in node.shape)
    return node.dtype, shape, _value(node)


def _value(node: Node) -> np.ndarray | None:
    array = array_of(node)
    return array if array is not None and array.size <= MAX_VALUE else None
