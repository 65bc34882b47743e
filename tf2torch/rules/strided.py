"""TensorFlow's strided slices as torch subscripts.

torch slices clamp like TensorFlow's but take no negative step:
``x[b:e:-s]`` is ``x.flip(axis)[~b:~e:s]`` for every b and e, clamped or not, as
``~v`` counts from the other end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tf2torch.ir.build import call, ints_of
from tf2torch.ir.nodes import Arg, Call, Node, Raw, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import Element, elements_of

ELLIPSIS = Raw("...")
ALL = Slice()


@dataclass(frozen=True)
class StridedAttrs:
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0


@dataclass(frozen=True)
class Subscript:
    """``x.flip(flips)[items]``; ``flips`` and ``axes`` count x's own axes.

    ``shrunk`` are positions in ``items`` that take one element.
    """

    items: tuple[Arg, ...]
    flips: tuple[int, ...] = ()

    def of(self, x: Node) -> Node:
        if self.flips:
            x = call(".flip", x, *self.flips, type=x.type)
        items = _trimmed(_without_whole(self.items, x))
        if not items:
            return x
        match x, items:
            case Call(".unsqueeze", (Node() as inner, 0)), (0 | -1, *rest):
                return Subscript(tuple(rest)).of(inner)
        return call("[]", x, items[0] if len(items) == 1 else items)


def _trimmed(items: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """Without what is taken whole at the end."""
    while items and items[-1] in (ALL, ELLIPSIS):
        items = items[:-1]
    return items


def _without_whole(items: tuple[Arg, ...], x: Node) -> tuple[Arg, ...]:
    """``:`` for ``:n`` on an axis of the size n."""
    made: list[Arg] = []
    axis = 0
    for i, item in enumerate(items):
        if item == ELLIPSIS or x.shape is None:
            return (*made, *items[i:])
        if isinstance(item, Slice) and item == Slice(None, x.shape[axis]):
            item = ALL
        made.append(item)
        axis += item is not None
    return tuple(made)


def subscript(
    rank: int | None, begin: Node, end: Node, strides: Node, attrs: StridedAttrs
) -> Subscript | str:
    """The subscript that a StridedSlice of a tensor of ``rank`` is, or why not."""
    starts, stops, steps = elements_of(begin), elements_of(end), ints_of(strides)
    if steps is None:
        return "the strides are computed at run time"
    count = len(steps)
    starts = _elements(begin, starts, count, attrs.begin_mask | attrs.new_axis_mask)
    stops = _elements(end, stops, count, attrs.end_mask | attrs.new_axis_mask)
    after_ellipsis = _axes_after_ellipsis(count, attrs)
    items: list[Arg] = []
    flips: list[int] = []
    axis = 0
    for i in range(count):
        bit = 1 << i
        if attrs.ellipsis_mask & bit:
            if rank is None and any(steps[j] < 0 for j in range(i, count)):
                return "a negative stride after an ellipsis on a tensor of unknown rank"
            skipped = 0 if rank is None else rank - axis - after_ellipsis
            items += [ELLIPSIS] if rank is None or skipped > 1 else [ALL] * skipped
            axis += skipped
        elif attrs.new_axis_mask & bit:
            items.append(None)
        elif attrs.shrink_axis_mask & bit:
            items.append(starts[i])
            axis += 1
        else:
            start = None if attrs.begin_mask & bit else starts[i]
            stop = None if attrs.end_mask & bit else stops[i]
            items.append(_slice(start, stop, steps[i], axis, flips))
            axis += 1
    return Subscript(_trimmed(tuple(items)), tuple(flips))


def _slice(
    start: Element | None, stop: Element | None, step: int, axis: int, flips: list[int]
) -> Slice:
    if step < 0:
        flips.append(axis)
        start, stop, step = _from_end(start), _from_end(stop), -step
    start = None if start == 0 and isinstance(start, int) else start
    stop = None if isinstance(stop, int) and stop >= 2**31 - 1 else stop
    return Slice(start, stop, None if step == 1 else step)


def _from_end(bound: Element | None) -> Element | None:
    if bound is None:
        return None
    return call("~", bound) if isinstance(bound, Node) else -bound - 1


def _axes_after_ellipsis(count: int, attrs: StridedAttrs) -> int:
    first = attrs.ellipsis_mask.bit_length() or count
    return sum(not attrs.new_axis_mask >> i & 1 for i in range(first, count))


def _elements(
    node: Node, found: Sequence[Element] | None, count: int, masked: int
) -> tuple[Element, ...]:
    """The bounds; ``node[i]`` for those that only the run knows."""
    if found is not None:
        return tuple(found)
    return tuple(
        0 if masked >> i & 1 else call("[]", node, i, type=_scalar(node))
        for i in range(count)
    )


def _scalar(node: Node) -> TensorType:
    return node.type.with_shape(())
