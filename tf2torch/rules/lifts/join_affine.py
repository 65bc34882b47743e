"""A scale and an offset behind a normalisation become its own.

F.layer_norm(x, (d,), None, None) * g + b   ->   F.layer_norm(x, (d,), g, b)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.ir.types import Shape
from tf2torch.rules.lifts.algebra import ONE, Algebra, Atom, equal
from tf2torch.rules.lifts.matching import parts
from tf2torch.rules.lifts.normalised import holds, lone
from tf2torch.rules.lifts.weights import is_state, reshaped, trimmed

# Where scale and offset stand among the arguments.
SLOTS = {"F.layer_norm": 2, "F.rms_norm": 2, "F.group_norm": 2, "F.batch_norm": 3}
CHANNELS_SECOND = frozenset({"F.group_norm", "F.batch_norm"})


@dataclass(frozen=True)
class Norm:
    """``value`` is the normalised value, ``call`` perhaps below a permute of it."""

    value: Call
    call: Call

    @property
    def slot(self) -> int:
        return SLOTS[self.call.func]

    @property
    def scale(self) -> Arg:
        return (*self.call.args, None, None)[self.slot]

    def weight_shape(self) -> tuple[Shape, Shape] | None:
        """The weight's own shape, and how it meets the value."""
        shape = self.call.args[1]
        if self.call.func not in CHANNELS_SECOND:
            assert isinstance(shape, tuple)
            return shape, shape
        inner = self.call.shape
        if inner is None or len(inner) < 2:
            return None
        axes: Arg = tuple(range(len(inner)))
        if self.value is not self.call:
            axes = self.value.args[1]
        assert isinstance(axes, tuple)
        at = axes.index(1)
        return (inner[1],), (inner[1], *[1] * (len(inner) - 1 - at))


def join_affine(node: Node) -> Node | None:
    """Where scale and offset are variables or constants that fit."""
    if not isinstance(node, Call) or node.func not in ("+", "*", "-"):
        return None
    for norm in _norms(node):
        found = _affine(node, norm)
        made = None if found is None else _joined(norm, *found)
        if made is None:
            continue
        if norm.value is norm.call:
            return made
        return replace(norm.value, args=(made, *norm.value.args[1:]))
    return None


def _norms(node: Call) -> Iterator[Norm]:
    for value in parts(node, {*SLOTS, ".permute"}):
        inner = value.args[0] if value.func == ".permute" else value
        if not isinstance(inner, Call) or inner.func not in SLOTS:
            continue
        if value.shape == node.shape and not inner.kwarg("training"):
            if (*inner.args, None, None, None)[SLOTS[inner.func] + 1] is None:
                yield Norm(value, inner)


def _affine(node: Call, norm: Norm) -> tuple[Atom | None, Atom | None] | None:
    """Scale and offset around ``norm``; None where there is more or less."""
    algebra = Algebra([norm.value])
    whole, value = algebra.expand(node), algebra.atom(norm.value)
    if whole is None:
        return None
    one = (value, Fraction(1))
    scales = {f - {one}: c for f, c in whole.items() if one in f}
    rest = {f: c for f, c in whole.items() if not holds(f, value)}
    if not scales or len(scales) + len(rest) != len(whole):
        return None
    scale, offset = lone(scales), lone(rest)
    if scale is None and not equal(scales, {ONE: 1.0}):
        return None
    if (rest and offset is None) or (scale is None and offset is None):
        return None
    return scale, offset


def _joined(norm: Norm, scale: Atom | None, offset: Atom | None) -> Call | None:
    if scale is not None and norm.scale is not None:
        return None
    if offset is not None and norm.call.func == "F.rms_norm":
        return None
    shapes = norm.weight_shape()
    if shapes is None:
        return None
    own, meeting = shapes
    given = [a for a in (scale, offset) if a is not None]
    if any(a.shape != meeting or not is_state(a.node) for a in given):
        return None
    weight = norm.scale if scale is None else reshaped(scale.node, own)
    bias = () if norm.call.func == "F.rms_norm" else (_bias(offset, own),)
    args = trimmed(*norm.call.args[: norm.slot], weight, *bias)
    return replace(norm.call, args=args)


def _bias(offset: Atom | None, shape: Shape) -> Node | None:
    return None if offset is None else reshaped(offset.node, shape)
