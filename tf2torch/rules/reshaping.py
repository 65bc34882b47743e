"""How a person spells a reshape: flatten, unflatten, unsqueeze, or sizes with a -1."""

from __future__ import annotations

from collections.abc import Sequence

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import Dim, Shape, TensorType, product
from tf2torch.rules.elements import Element


def spell_reshape(x: Node, target: Sequence[Element], out: TensorType) -> Node:
    """``x`` reshaped to ``target`` (which may hold one -1), whose type is ``out``."""
    if x.shape is not None and out.shape is not None:
        if x.shape == out.shape:
            return x
        short = _flatten(x, x.shape, out.shape) or _unflatten(x, x.shape, out.shape)
        if short is not None:
            return short
    sizes = with_one_free(_without_free(x, target, out))
    return call(".reshape", x, sizes, type=out.with_dtype(x.dtype))


def _merged_range(longer: Shape, shorter: Shape) -> tuple[int, int] | None:
    """i, j so that merging ``longer[i:j]`` into one size gives ``shorter``."""
    gone = len(longer) - len(shorter)
    if gone < 1 or not shorter:
        return None
    for i in range(len(shorter)):
        j = i + gone + 1
        if longer[:i] == shorter[:i] and longer[j:] == shorter[i + 1 :]:
            if product(longer[i:j]) == shorter[i]:
                return i, j
    return None


def _flatten(x: Node, before: Shape, after: Shape) -> Node | None:
    if not after and all(size == 1 for size in before):
        return call(".squeeze", x, type=x.type.with_shape(after))
    found = _merged_range(before, after)
    if found is None:
        return None
    start, stop = found
    bounds = [start] if stop == len(before) else [start, stop - 1]
    bounds = [] if bounds == [0] else bounds
    return call(".flatten", x, *bounds, type=x.type.with_shape(after))


def _unflatten(x: Node, before: Shape, after: Shape) -> Node | None:
    found = _merged_range(after, before)
    if found is None:
        return None
    start, stop = found
    type = x.type.with_shape(after)
    parts = after[start:stop]
    if len(parts) == 2 and 1 in parts:
        return call(".unsqueeze", x, start + parts.index(1), type=type)
    if sum(not isinstance(p, int) for p in parts) > 1:
        return None
    axis = -1 if start == len(before) - 1 else start
    return call(".unflatten", x, axis, with_one_free(parts), type=type)


def _without_free(
    x: Node, target: Sequence[Element], out: TensorType
) -> tuple[Element, ...]:
    """``target`` with its -1 spelled out, if torch could not tell it when empty."""
    sizes = tuple(target)
    if -1 not in sizes or out.shape is None or len(out.shape) != len(sizes):
        return sizes
    at = sizes.index(-1)
    others = sizes[:at] + sizes[at + 1 :]
    if all(isinstance(s, int) and s for s in others):
        return sizes
    size = out.shape[at]
    known = {s for d in x.shape or () if not isinstance(d, int) for s in d.free_symbols}
    if isinstance(size, int) or size.free_symbols <= known:
        return (*sizes[:at], size, *sizes[at + 1 :])
    return sizes


def with_one_free(sizes: Sequence[Element]) -> tuple[Element, ...]:
    """``sizes`` with -1 for the only one that is not an int, where torch can tell."""
    unknown = [i for i, s in enumerate(sizes) if not isinstance(s, int)]
    if len(unknown) != 1 or 0 in sizes or -1 in sizes:
        return tuple(sizes)
    free: Dim = -1
    return tuple(free if i == unknown[0] else s for i, s in enumerate(sizes))
