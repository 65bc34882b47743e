"""Pixels repeated along the axes of an image.

    repeat(repeat(x, 2, axis=1), 2, axis=2)   ->   F.interpolate(x, scale_factor=2)

where ``repeat`` is ``x.unsqueeze(2).expand(-1, -1, 2, -1, -1).flatten(1, 2)``.
"""

from __future__ import annotations

from collections.abc import Collection

from tf2torch.ir.build import call, to_channels_first, to_channels_last
from tf2torch.ir.nodes import Call, Node
from tf2torch.ir.types import FLOATS


def upsample(node: Node, shared: Collection[Node] = ()) -> Node | None:
    """``node`` repeats the columns of a channels-last image whose rows are repeated."""
    if node.rank != 4 or node.dtype not in FLOATS:
        return None
    columns = repeated(node, shared)
    if columns is None or columns[1] != 2 or columns[0] in shared:
        return None
    rows = repeated(columns[0], shared)
    if rows is None or rows[1] != 1 or node.shape is None:
        return None
    x, factors = to_channels_first(rows[0]), (rows[2], columns[2])
    n, h, w, c = node.shape
    scale = factors[0] if len(set(factors)) == 1 else factors
    type = node.type.with_shape((n, c, h, w))
    return to_channels_last(call("F.interpolate", x, scale_factor=scale, type=type))


def repeated(node: Node, shared: Collection[Node] = ()) -> tuple[Node, int, int] | None:
    """x, axis, times of each entry along an axis repeated."""
    match node:
        case Call(".repeat_interleave", (Node() as x, int() as times, int() as axis)):
            return x, axis, times
        case Call(".flatten", (Call() as spread, int() as axis, int() as last)):
            pass
        case _:
            return None
    if last != axis + 1 or spread in shared or spread.func != ".expand":
        return None
    apart, sizes = spread.args
    if apart in shared or not isinstance(sizes, tuple) or len(sizes) <= last:
        return None
    times = sizes[last]
    if not isinstance(times, int) or times < 1:
        return None
    if any(s != -1 for i, s in enumerate(sizes) if i != last):
        return None
    match apart:
        case Call(".unsqueeze", (Node() as x, int() as place)) if place == last:
            return x, axis, times
    return None
