"""Batched products of matrices, as ``@`` or as an einsum of two tensors.

torch.einsum("aecd,abcd->acbe", k, q)
    =   q.permute(0, 2, 1, 3) @ k.permute(0, 2, 3, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tf2torch.ir.build import permute
from tf2torch.ir.nodes import Call, Node


@dataclass(frozen=True)
class Product:
    """``(left @ right).permute(axes)``; None for axes that stay."""

    left: Node
    right: Node
    axes: tuple[int, ...] | None = None

    def turned(self) -> Product:
        """The same value with the operands exchanged."""
        rank = self.left.rank or 0
        last = [*range(rank - 2), rank - 1, rank - 2]
        axes = [last[a] for a in (self.axes or range(rank))]
        left, right = (permute(n, last) for n in (self.right, self.left))
        return Product(left, right, _moved(axes))


def product_of(node: Node) -> Product | None:
    """``node`` as a product of two tensors of equal rank, at least 3."""
    match node:
        case Call("@", (Node() as left, Node() as right)):
            if left.rank != right.rank or (left.rank or 0) < 3:
                return None
            return Product(left, right)
        case Call(".permute", (Call("@" | "torch.einsum") as inner, tuple() as axes)):
            found = product_of(inner)
            return None if found is None else _permuted(found, axes)
        case Call("torch.einsum", (str() as equation, Node() as left, Node() as right)):
            return _einsum(equation, left, right)
    return None


def _permuted(found: Product, axes: Sequence[int]) -> Product:
    """A permute that only exchanges rows and columns exchanges the operands."""
    rank = found.left.rank or 0
    before = found.axes or tuple(range(rank))
    made = Product(found.left, found.right, _moved([before[a] for a in axes]))
    if made.axes == (*range(rank - 2), rank - 1, rank - 2):
        return made.turned()
    return made


def _moved(axes: Sequence[int]) -> tuple[int, ...] | None:
    return None if list(axes) == list(range(len(axes))) else tuple(axes)


def _einsum(equation: str, left: Node, right: Node) -> Product | None:
    """Rows are what the result has of one operand, columns what it has of the other.

    The operand whose own label comes first in the result has the rows.
    """
    if "." in equation or "->" not in equation:
        return None
    inputs, out = equation.split("->")
    first, second = inputs.split(",")
    both = {*first} & {*second}
    batch = [c for c in out if c in both]
    inner = [c for c in first if c in both and c not in out]
    rows = [c for c in first if c not in both]
    columns = [c for c in second if c not in both]
    if not (len(inner) == len(rows) == len(columns) == 1) or not batch:
        return None
    if any(len({*s}) != len(s) for s in (first, second, out)):
        return None
    if {*out} != {*batch, *rows, *columns}:
        return None
    if out.index(rows[0]) > out.index(columns[0]):
        left, right, first, second = right, left, second, first
        rows, columns = columns, rows
    a = permute(left, [first.index(c) for c in (*batch, *rows, *inner)])
    b = permute(right, [second.index(c) for c in (*batch, *inner, *columns)])
    made = [*batch, *rows, *columns]
    return Product(a, b, _moved([made.index(c) for c in out]))
