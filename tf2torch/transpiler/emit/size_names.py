"""Letters for the open sizes in the docstring of model.py.

``[N, L]`` for a batch of sequences, ``[N, H, W, 3]`` for images. Sizes that meet in a
sum, in a mask of attention or in a concatenation are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Call, Input, Node
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.emit.expressions import OPERATORS

ELEMENTWISE = (OPERATORS - {"@"}) | {"torch.where", "torch.maximum", "torch.minimum"}
ATTENTION = "F.scaled_dot_product_attention"
SPARE = "LTSKMPQRUV"


class SizeNames:
    """What the open sizes of one model are called."""

    def __init__(self, graph: Graph) -> None:
        self.parents: dict[sympy.Basic, sympy.Basic] = {}
        for node in every_node(graph):
            for left, right in _meetings(node):
                self._join(left, right)
        self.names: dict[sympy.Basic, str] = {}
        for given in graph.inputs:
            self._name_input(given)
        for _, node in graph.outputs:
            for axis, size in enumerate(node.shape or ()):
                for one in _symbols(size):
                    self._claim(one, "N" if axis == 0 else "")

    def describe(self, type: TensorType) -> str:
        """``float32 [N, 32, 32, 3]``"""
        if type.shape is None:
            return type.dtype
        return f"{type.dtype} [{', '.join(map(self._text, type.shape))}]"

    def _text(self, size: object) -> str:
        if not isinstance(size, sympy.Expr):
            return str(size)
        found = {s: sympy.Symbol(self.names[self._root(s)]) for s in _symbols(size)}
        return str(size.subs(found, simultaneous=True))

    def _name_input(self, given: Input) -> None:
        shape = given.shape or ()
        for axis, size in enumerate(shape):
            for one in _symbols(size):
                self._claim(one, _letter(given, axis, shape), given.name[:1].upper())

    def _claim(self, size: sympy.Basic, wanted: str, initial: str = "") -> None:
        root = self._root(size)
        if root in self.names:
            return
        taken = set(self.names.values()) - {"N"}
        wishes = (wanted, initial if initial.isalpha() else "", *SPARE)
        free = (w for w in wishes if w and w not in taken and (w != "N" or w == wanted))
        self.names[root] = next(free, str(size))

    def _root(self, size: sympy.Basic) -> sympy.Basic:
        while size in self.parents:
            size = self.parents[size]
        return size

    def _join(self, left: sympy.Basic, right: sympy.Basic) -> None:
        left, right = self._root(left), self._root(right)
        if left != right:
            self.parents[right] = left


def _letter(given: Input, axis: int, shape: Sequence[object]) -> str:
    if axis == 0:
        return "N"
    if len(shape) == 4:
        first = 2 if shape[1] in (1, 3, 4) else 1
        return {first: "H", first + 1: "W"}.get(axis, "")
    if axis == 1:
        return "T" if given.dtype.startswith("float") else "L"
    return ""


def _symbols(size: object) -> list[sympy.Basic]:
    if not isinstance(size, sympy.Expr):
        return []
    return sorted(size.free_symbols, key=str)


def _meetings(node: Node) -> Iterator[tuple[sympy.Basic, sympy.Basic]]:
    """Pairs of sizes that this node takes to be the same."""
    if not isinstance(node, Call) or len(node.types) != 1:
        return
    shapes = [o.shape for o in node.operands if o.shape is not None]
    if node.func in ELEMENTWISE and node.shape is not None:
        for shape in shapes:
            pairs = zip(reversed(shape), reversed(node.shape), strict=False)
            yield from _open(pairs)
    elif node.func == ATTENTION:
        query, key = node.args[0], node.args[1]
        mask = node.kwarg("attn_mask")
        if isinstance(query, Node) and isinstance(key, Node) and query.shape:
            yield from _open(zip(query.shape[:1], (key.shape or ())[:1], strict=False))
        if isinstance(mask, Node) and isinstance(key, Node) and mask.shape:
            last = (mask.shape[-1:], (key.shape or ())[-2:-1])
            first = (mask.shape[:1], (key.shape or ())[:1])
            yield from _open(zip(*last, strict=False))
            if mask.rank == key.rank:
                yield from _open(zip(*first, strict=False))


def _open(
    pairs: Iterator[tuple[object, object]],
) -> Iterator[tuple[sympy.Basic, sympy.Basic]]:
    for left, right in pairs:
        if isinstance(left, sympy.Symbol) and isinstance(right, sympy.Symbol):
            yield left, right
