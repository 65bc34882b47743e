"""Dilated convolutions that TensorFlow runs as dense ones on a batch of phases.

    batch_to_space(F.conv2d(space_to_batch(x, (2, 2), pads), w), (2, 2), crops)
    becomes   F.conv2d(x, w, padding=..., dilation=2)

A phase is every second cell; padding and cropping only make sizes divisible, so what
they leave is the padding of the dilated convolution.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sympy

from tf2torch.ir.build import call, permute
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.ir.types import dim

CONVS = frozenset({"F.conv1d", "F.conv2d", "F.conv3d"})


def dilated_conv(node: Node, shared: Collection[Node] = ()) -> Node | None:
    """``node`` is the ``batch_to_space`` of such a convolution."""
    match node:
        case Call("helper.batch_to_space", (Node() as y, tuple() as block, crops)):
            pass
        case _:
            return None
    if y in shared or not isinstance(y, Call) or y.func != ".permute":
        return None
    conv, back = y.args
    if not isinstance(conv, Call) or conv.func not in CONVS or conv in shared:
        return None
    if any(conv.kwarg(k) is not None for k in ("stride", "padding", "dilation")):
        return None
    phases = conv.args[0]
    if not isinstance(phases, Call) or phases.func != ".permute" or phases in shared:
        return None
    whole, forth = phases.args
    match whole:
        case Call("helper.space_to_batch", (Node() as x, again, pads)) if (
            again == block and whole not in shared
        ):
            pass
        case _:
            return None
    amounts = margins(pads, crops)
    if amounts is None or x.shape is None or node.shape is None:
        return None
    inside = permute(x, forth)  # type: ignore[arg-type] # the axes of a permute
    made = _convolved(conv, inside, block, amounts, node, back)
    return replace(permute(made, back), types=node.types)  # type: ignore[arg-type]


def _convolved(
    conv: Call,
    x: Node,
    block: tuple[Arg, ...],
    amounts: Sequence[tuple[int, int]],
    node: Node,
    back: Arg,
) -> Node:
    """The convolution itself, channels first like ``conv``."""
    named: dict[str, Arg] = {}
    padding = said(conv, block, amounts)
    if padding is None:
        flat = tuple(a for pair in reversed(amounts) for a in pair)
        x = call("F.pad", x, flat, type=x.type.with_shape(None))
    elif padding != 0:
        named["padding"] = padding
    named["dilation"] = block[0] if len(set(block)) == 1 else block
    assert node.shape is not None and isinstance(back, tuple)
    places = [back.index(i) for i in range(len(back))]
    type = node.type.with_shape(tuple(node.shape[i] for i in places))
    kwargs = (*named.items(), *conv.kwargs)
    return Call(conv.func, (x, *conv.args[1:]), kwargs, types=(type,))


def said(
    conv: Call, block: tuple[Arg, ...], amounts: Sequence[tuple[int, int]]
) -> Arg | None:
    """torch's ``padding`` argument; None where it cannot say these amounts."""
    if all(lo == hi >= 0 for lo, hi in amounts):
        each = tuple(lo for lo, _ in amounts)
        return each[0] if len(set(each)) == 1 else each
    weight = conv.args[1]
    if not isinstance(weight, Node) or weight.shape is None:
        return None
    for (lo, hi), k, d in zip(amounts, weight.shape[2:], block, strict=True):
        if not isinstance(k, int) or not isinstance(d, int):
            return None
        total = (k - 1) * d
        if (lo, hi) != (total // 2, total - total // 2):
            return None
    return "same"


def margins(pads: Arg, crops: Arg) -> list[tuple[int, int]] | None:
    """What padding adds beyond what cropping takes, per axis."""
    if not isinstance(pads, tuple) or not isinstance(crops, tuple):
        return None
    made = []
    for pad, crop in zip(pads, crops, strict=True):
        if not isinstance(pad, tuple) or not isinstance(crop, tuple):
            return None
        rest = [dim(sympy.expand(a - b)) for a, b in zip(pad, crop, strict=True)]
        if not all(isinstance(r, int) for r in rest):
            return None
        made.append((int(rest[0]), int(rest[1])))
    return made
