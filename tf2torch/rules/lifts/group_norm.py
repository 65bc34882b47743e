"""GroupNorm: moments over the space and the channels of each group.

x = x.unflatten(-1, (groups, -1)); (x - mean) * rsqrt(var + eps) * g + b; flatten
    ->   F.group_norm(x, groups, g, b, eps=eps)     (channels first)
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, permute
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import Shape
from tf2torch.rules.lifts.algebra import Atom, placed, unshaped
from tf2torch.rules.lifts.normalised import affine, moments, roots
from tf2torch.rules.lifts.weights import reshaped, trimmed


@dataclass(frozen=True)
class Groups:
    """``x`` with its channels on ``axis``, in ``count`` groups."""

    x: Node
    axis: int
    count: int

    @property
    def channels(self) -> int:
        assert self.x.shape is not None
        return int(self.x.shape[self.axis])


def group_norm(node: Node) -> Node | None:
    """Matched at the reshape that joins the groups again."""
    inner = unshaped(node)
    if inner is None or inner.shape is None:
        return None
    for root in roots(inner):
        found = moments(root.variance)
        if found is None or found.mean is None or found.x.shape != inner.shape:
            continue
        groups = _groups(node, found.x, found.axes)
        around = affine(inner, found.x, found.mean, root)
        if groups is None or around is None:
            continue
        if all(_fits(a, inner.shape, groups) for a in (around.scale, around.offset)):
            return _applied(groups, around.scale, around.offset, root.eps)
    return None


def _groups(node: Node, split: Node, axes: tuple[int, ...]) -> Groups | None:
    """How ``split`` comes from a tensor of the shape of ``node``."""
    x = unshaped(split)
    if x is None or x.shape is None or x.shape != node.shape:
        return None
    assert split.shape is not None
    rank = len(x.shape)
    if len(split.shape) != rank + 1 or rank < 2:
        return None
    for axis in (rank - 1, 1):
        count, each = split.shape[axis : axis + 2]
        if not isinstance(count, int) or not isinstance(each, int):
            continue
        whole = (*split.shape[:axis], count * each, *split.shape[axis + 2 :])
        others = tuple(i for i in range(1, rank + 1) if i != axis)
        if whole == x.shape and axes == others:
            return Groups(x, axis, count)
    return None


def _fits(atom: Atom | None, shape: Shape, groups: Groups) -> bool:
    """A vector over the channels, split like them."""
    if atom is None:
        return True
    behind = len(shape) - groups.axis - 2
    each = shape[groups.axis : groups.axis + 2]
    return atom.shape == placed((*each, *[1] * behind))


def _applied(
    groups: Groups, scale: Atom | None, offset: Atom | None, eps: float
) -> Node:
    assert groups.x.shape is not None
    rank = len(groups.x.shape)
    order = [0, groups.axis, *(i for i in range(1, rank) if i != groups.axis)]
    x = permute(groups.x, order)
    size = (groups.channels,)
    weight, bias = (
        None if a is None else reshaped(a.node, size) for a in (scale, offset)
    )
    args = trimmed(x, groups.count, weight, bias)
    y = call("F.group_norm", *args, eps=eps, type=x)
    return permute(y, [order.index(i) for i in range(rank)])
