"""Dense layers on the last axes of tensors of any rank.

    (x.reshape(-1, d) @ w).reshape(n, t, e)      ->   x @ w
    torch.einsum("abc,cde->abde", x, w)          ->   (x @ w).unflatten(-1, (d, e))
    (x @ w).unflatten(-1, (d, e)) + b            ->   (x @ w + b).unflatten(-1, (d, e))

What stands between brackets becomes an ``nn.Linear``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tf2torch.ir.build import call, permute
from tf2torch.ir.nodes import Call, Node, Param
from tf2torch.ir.types import Dim, Shape, dim, product
from tf2torch.rules.lifts.algebra import unshaped
from tf2torch.rules.lifts.matching import both_ways
from tf2torch.rules.lifts.weights import permuted, reshaped


def tensordot(node: Node) -> Node | None:
    """``tf.tensordot`` over the last axes: a product of matrices between reshapes."""
    match unshaped(node):
        case Call("@", (Node() as rows, Node() as w)):
            x = unshaped(rows)
        case _:
            return None
    if x is None or x.shape is None or w.shape is None or w.rank != 2:
        return None
    if node.shape is None:
        return None
    count = _depth(x.shape, w.shape[0])
    if count is None or len(x.shape) - count < 2:
        return None
    whole = (*x.shape[: len(x.shape) - count], w.shape[1])
    if dim(product(node.shape) - product(whole)) != 0:
        return None
    made = call("@", flattened(x, count), w, type=node.type.with_shape(whole))
    return made if whole == node.shape else _unflattened(made, whole, node)


def _depth(shape: Shape, depth: Dim) -> int | None:
    """How many of the last axes have ``depth`` elements together."""
    for count in range(1, len(shape)):
        if dim(product(shape[-count:]) - depth) == 0:
            return count
    return None


def _unflattened(made: Node, whole: Shape, node: Node) -> Node | None:
    """The last axis in parts, for a kernel of several output axes."""
    assert node.shape is not None
    parts = node.shape[len(whole) - 1 :]
    if node.shape[: len(whole) - 1] != whole[:-1] or len(parts) < 2:
        return None
    return call(".unflatten", made, -1, parts, type=node)


@dataclass(frozen=True)
class Labels:
    """The labels of an einsum ``x,w->out`` with a variable as ``w``."""

    x: str
    w: str
    out: str

    @property
    def contracted(self) -> str:
        return "".join(c for c in self.x if c in self.w)

    @property
    def kept(self) -> str:
        return "".join(c for c in self.x if c not in self.w)

    @property
    def new(self) -> str:
        return "".join(c for c in self.out if c in self.w)

    def linear(self) -> bool:
        """Is every label either kept, contracted or new?"""
        sides = [self.x, self.w, self.out]
        return (
            all(len({*s}) == len(s) for s in sides)
            and {*self.out} == {*self.kept, *self.new}
            and {*self.w} == {*self.contracted, *self.new}
            and not {*self.contracted} & {*self.out}
            and bool(self.contracted and self.kept)
        )


def einsum_dense(node: Node) -> Node | None:
    """An einsum with one variable: a product of matrices over flattened axes."""
    if not isinstance(node, Call) or node.func != "torch.einsum" or len(node.args) != 3:
        return None
    equation, *operands = node.args
    assert isinstance(equation, str)
    left, right = operands
    if not isinstance(left, Node) or not isinstance(right, Node):
        return None
    swapped = isinstance(left, Param)
    x, w = (right, left) if swapped else (left, right)
    if not isinstance(w, Param) or isinstance(x, Param):
        return None
    if x.rank is None or w.shape is None:
        return None
    labels = labels_of(equation, x.rank, swapped)
    if labels is None or not labels.linear():
        return None
    return _linear(node, x, w, labels)


def labels_of(equation: str, rank: int, swapped: bool) -> Labels | None:
    """Labels with an ellipsis spelled out."""
    if "->" not in equation:
        return None
    inputs, out = equation.split("->")
    first, second = inputs.split(",")
    x, w = (second, first) if swapped else (first, second)
    if "..." in w:
        return None
    free = [c for c in "ABCDEFGHIJ" if c not in equation]
    extra = rank - len(x.replace("...", ""))
    if "..." in equation:
        rest = "".join(free[:extra])
        x, out = x.replace("...", rest), out.replace("...", rest)
    return Labels(x, w, out) if len(x) == rank else None


def _linear(node: Call, x: Node, w: Param, labels: Labels) -> Node:
    inside, outside = labels.contracted, labels.new
    order = [labels.x.index(c) for c in labels.kept + inside]
    x = flattened(permute(x, order), len(inside))
    assert x.shape is not None and w.shape is not None
    axes = tuple(labels.w.index(c) for c in inside + outside)
    moved = permuted(w, axes)
    sizes = dict(zip(labels.w, w.shape, strict=True))
    widths = tuple(sizes[c] for c in outside)
    depth = product(tuple(sizes[c] for c in inside))
    weight = reshaped(moved, (depth, product(widths)) if outside else (depth,))
    lead = x.shape[:-1]
    flat = (*lead, product(widths)) if outside else lead
    y: Node = call("@", x, weight, type=node.type.with_shape(flat))
    if len(widths) > 1:
        whole = node.type.with_shape((*lead, *widths))
        y = call(".unflatten", y, -1, widths, type=whole)
    made = labels.kept + outside
    return permute(y, [made.index(c) for c in labels.out])


def outer_product(node: Node) -> Node | None:
    """``torch.einsum("ab,c->abc", x, y)``   ->   ``x.unsqueeze(-1) * y``"""
    if not isinstance(node, Call) or node.func != "torch.einsum" or len(node.args) != 3:
        return None
    equation, x, y = node.args
    assert isinstance(equation, str)
    if not isinstance(x, Node) or not isinstance(y, Node) or "." in equation:
        return None
    left, _, right = equation.partition("->")[0].partition(",")
    alone = left + right
    if equation != f"{left},{right}->{alone}" or len({*alone}) != len(alone):
        return None
    if len(right) != 1 or x.shape is None:
        return None
    shape = (*x.shape, 1)
    column = call(".unsqueeze", x, -1, type=x.type.with_shape(shape))
    return call("*", column, y, type=node)


def flattened(x: Node, count: int) -> Node:
    """``x`` with its last ``count`` axes as one."""
    if count < 2:
        return x
    assert x.shape is not None
    start = len(x.shape) - count
    shape = (*x.shape[:start], product(x.shape[start:]))
    return call(".flatten", x, start, type=x.type.with_shape(shape))


def bias_before_heads(node: Node) -> Node | None:
    """A bias behind the unflatten of a dense layer goes before it, as a vector."""
    if not isinstance(node, Call) or node.func != "+":
        return None
    for heads, bias in both_ways(node):
        match heads:
            case Call(
                ".unflatten",
                (Call("@", (Node(), Param())) as flat, -1, tuple() as sizes),
            ):
                pass
            case _:
                continue
        if not isinstance(bias, Param) or heads.shape != node.shape:
            continue
        if bias.shape != sizes or flat.shape is None:
            continue
        vector = reshaped(bias, (product(_sizes(sizes)),))
        return call(
            ".unflatten", call("+", flat, vector, type=flat), -1, sizes, type=node
        )
    return None


def _sizes(sizes: Sequence[object]) -> Shape:
    return tuple(s for s in sizes if isinstance(s, int))
