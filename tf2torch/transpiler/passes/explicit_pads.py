"""Padding of convolutions as modules of its own.

    conv(F.pad(x, (0, 1, 0, 1)))     ->   conv(pad(x)), pad = nn.ZeroPad2d((0, 1, 0, 1))
    conv(x) with padding=1           ->   conv(pad(x)), pad = nn.ZeroPad2d(1)

TensorFlow's SAME pads unevenly where the stride is 2; blocks that differ only there
are one class once the padding is a setting of it.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Arg, Call, Module, Node
from tf2torch.ir.types import TensorType


def explicit_pads(graph: Graph) -> Graph:
    """``graph`` with a module for each padding of a 2-d convolution."""

    def change(node: Node) -> Node | None:
        if not isinstance(node, Module) or node.cls != "nn.Conv2d":
            return None
        (x,) = node.args
        assert isinstance(x, Node)
        config = dict(node.config)
        own = config.pop("padding", 0)
        if own == 0:
            pads = pads_of(x)
            if pads is None:
                return None
            made = zero_pad(x.operands[0], pads, x)
        elif isinstance(own, int):
            made = zero_pad(x, own, None)
        elif isinstance(own, tuple) and all(type(p) is int for p in own):
            high, wide = own
            made = zero_pad(x, (wide, wide, high, high), None)
        else:
            return None
        return replace(node, args=(made,), config=tuple(config.items()))

    return transform(graph, change)


def has_pads(graph: Graph) -> bool:
    """Does a convolution read something that was padded just for it?"""
    return any(
        isinstance(node, Module)
        and node.cls == "nn.Conv2d"
        and any(pads_of(x) is not None for x in node.operands)
        for node in graph.nodes()
    )


def pads_of(x: Node) -> tuple[int, ...] | None:
    """(left, right, top, bottom) when ``x`` is padded with zeros."""
    if not isinstance(x, Call) or x.func != "F.pad" or len(x.args) != 2 or x.kwargs:
        return None
    pads = x.args[1]
    if not isinstance(pads, tuple) or len(pads) != 4:
        return None
    numbers = tuple(p for p in pads if type(p) is int and p >= 0)
    return numbers if len(numbers) == 4 else None


def zero_pad(x: Node, pads: int | tuple[int, ...], like: Node | None) -> Module:
    types = x.types if like is None else like.types
    if like is None and x.shape is not None and len(x.shape) == 4:
        left, right, top, bottom = (pads,) * 4 if isinstance(pads, int) else pads
        batch, channels, high, wide = x.shape
        sizes = (batch, channels, high + top + bottom, wide + left + right)
        types = (TensorType(x.dtype, sizes),)
    padding: Arg = pads
    return Module(
        "nn.ZeroPad2d", (x,), (("padding", padding),), types=types, origin=x.origin
    )
