"""TensorFlow's window padding in torch's words.

SAME adds ``max((ceil(n/s) - 1)·s + (k - 1)·d + 1 - n, 0)`` cells along an axis of size
n, the odd one at the end; torch's ``padding=`` adds the same number on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tf2torch.ir.build import PERMUTES, call, permute
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import Dim, Shape, TensorType

Pads = tuple[tuple[int, int], ...]
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Layout:
    """Where an op's ``data_format`` puts channels: ``NHWC``, ``NCDHW`` and so on."""

    data_format: str

    @property
    def rank(self) -> int:
        return len(self.data_format)

    @property
    def first(self) -> bool:
        return self.data_format.startswith("NC")

    def spatial(self, values: Sequence[Entry]) -> tuple[Entry, ...]:
        """The entries for the spatial axes of an attribute with one per axis."""
        return tuple(values[2:] if self.first else values[1:-1])

    def channel(self, values: Sequence[Entry]) -> Entry:
        return values[1] if self.first else values[-1]

    def explicit(self, paddings: Sequence[int]) -> Pads:
        """The spatial pairs of ``explicit_paddings``."""
        pairs = list(zip(paddings[::2], paddings[1::2], strict=True))
        return tuple(pairs[2:] if self.first else pairs[1:-1])

    def inside(self, x: Node) -> Node:
        """``x`` with channels first."""
        return x if self.first else permute(x, PERMUTES[self.rank])

    def outside(self, x: Node) -> Node:
        """Undo ``inside``."""
        if self.first:
            return x
        axes = PERMUTES[self.rank]
        return permute(x, [axes.index(i) for i in range(self.rank)])

    def inside_type(self, type: TensorType) -> TensorType:
        if self.first or type.shape is None:
            return type
        return type.with_shape(tuple(type.shape[a] for a in PERMUTES[self.rank]))


@dataclass(frozen=True)
class Window:
    """Kernel, stride and dilation along each spatial axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def spans(self) -> tuple[int, ...]:
        """Cells that one window covers, holes included."""
        pairs = zip(self.kernel, self.dilation, strict=True)
        return tuple((k - 1) * d + 1 for k, d in pairs)

    def same_pads(self, sizes: Shape | None) -> Pads | None:
        """SAME's amounts; None where they depend on a size that is not known."""
        known = sizes if sizes is not None else (None,) * len(self.kernel)
        pads = [
            self._axis(n, span, s)
            for n, span, s in zip(known, self.spans, self.stride, strict=True)
        ]
        if any(len(p) != 1 for p in pads):
            return None
        return tuple(p.copy().pop() for p in pads)

    def same_begins(self, sizes: Shape | None) -> tuple[int, ...] | None:
        """What SAME adds at the front, which depends on sizes less often."""
        known = sizes if sizes is not None else (None,) * len(self.kernel)
        begins = [
            {lo for lo, _ in self._axis(n, span, s)}
            for n, span, s in zip(known, self.spans, self.stride, strict=True)
        ]
        if any(len(b) != 1 for b in begins):
            return None
        return tuple(b.pop() for b in begins)

    @staticmethod
    def _axis(size: Dim | None, span: int, stride: int) -> set[tuple[int, int]]:
        """Every amount that SAME may add along an axis of ``size``."""
        rests = {size % stride} if isinstance(size, int) else set(range(stride))
        totals = {max(span - (rest or stride), 0) for rest in rests}
        return {(total // 2, total - total // 2) for total in totals}


def symmetric(pads: Pads) -> bool:
    return all(lo == hi for lo, hi in pads)


def flat_pads(pads: Pads) -> tuple[int, ...]:
    """The order of ``F.pad``: last axis first."""
    return tuple(amount for pair in reversed(pads) for amount in pair)


def one_or_all(values: Sequence[int]) -> Arg:
    """The one number where all axes agree, as torch's window arguments take it."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def unlike(default: int, **named: Sequence[int]) -> dict[str, Any]:
    """Keyword arguments for those windows that are not ``default`` along all axes."""
    return {
        name: one_or_all(values)
        for name, values in named.items()
        if set(values) != {default}
    }


def pad(x: Node, pads: Pads, value: Arg = None) -> Node:
    """``F.pad`` of a channels-first ``x``; ``value`` None is torch's default 0."""
    shape = None
    if x.shape is not None:
        sizes = zip(x.shape[2:], pads, strict=True)
        shape = (*x.shape[:2], *(n + lo + hi for n, (lo, hi) in sizes))
    named: dict[str, Any] = {} if value is None else {"value": value}
    return call("F.pad", x, flat_pads(pads), type=x.type.with_shape(shape), **named)


def pad_same(x: Node, window: Window, value: Arg = None) -> Node:
    """SAME padding whose amount depends on sizes known when the model runs."""
    named: dict[str, Any] = {}
    if set(window.dilation) != {1}:
        named["dilation"] = window.dilation
    if value is not None:
        named["value"] = value
    padded = x.type.with_shape(None)
    return call(
        "helper.pad_same", x, window.kernel, window.stride, type=padded, **named
    )
