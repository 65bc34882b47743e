"""Other forms of padding: TensorFlow's SAME puts the odd element on the right.

nn.ZeroPad2d((1, 0, 1, 0))      ->   nn.ZeroPad2d((0, 1, 0, 1))
F.pad(x, (1, 0))                ->   F.pad(x, (0, 1))
F.pad(x, (a, b, c, d))          ->   F.pad(x, (c, d, a, b))
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
import libcst.matchers as m

from tf2torch.repair.rewrites.rewriting import Rewrite

Pairs = list[list[cst.BaseExpression]]
LAYERS = m.OneOf(
    *(
        m.Name(f"{kind}Pad{rank}d")
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for rank in (1, 2, 3)
    )
)


def other_side(node: cst.CSTNode) -> cst.BaseExpression | None:
    """Left and right exchanged on every axis."""
    return _reordered(node, lambda pairs: [pair[::-1] for pair in pairs])


def other_axis(node: cst.CSTNode) -> cst.BaseExpression | None:
    """The axes' pairs in the opposite order: F.pad starts with the last axis."""
    return _reordered(node, lambda pairs: pairs[::-1])


def _reordered(
    node: cst.CSTNode, order: Callable[[Pairs], Pairs]
) -> cst.BaseExpression | None:
    if not isinstance(node, cst.Call):
        return None
    place = _amounts(node)
    if place is None:
        return None
    amounts = node.args[place].value
    assert isinstance(amounts, cst.Tuple)
    values = [element.value for element in amounts.elements]
    pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
    made = [value for pair in order(pairs) for value in pair]
    elements = [
        element.with_changes(value=value)
        for element, value in zip(amounts.elements, made, strict=True)
    ]
    changed = amounts.with_changes(elements=elements)
    if changed.deep_equals(amounts):
        return None
    args = list(node.args)
    args[place] = args[place].with_changes(value=changed)
    return node.with_changes(args=args)


def _amounts(node: cst.Call) -> int | None:
    """Which argument holds the pairs of a padding call."""
    layer = m.matches(node.func, m.Attribute(m.Name("nn"), LAYERS))
    call = m.matches(node.func, m.Attribute(m.Name("F"), m.Name("pad")))
    place = 0 if layer else 1
    if not (layer or call) or len(node.args) <= place:
        return None
    value = node.args[place].value
    even = isinstance(value, cst.Tuple) and len(value.elements) % 2 == 0
    return place if even else None


REWRITES: tuple[Rewrite, ...] = (other_side, other_axis)
