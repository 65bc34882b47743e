"""Unsigned integers of 16 bits and more, for which torch has hardly any kernels.

Arithmetic runs in int64 and goes back: sums and products are right modulo 2⁶⁴, and
everything is right while the values fit, which those of uint64 may not.
"""

from __future__ import annotations

from collections.abc import Callable

from tf2torch.ir.build import cast, const
from tf2torch.ir.nodes import Const, Node

WITHOUT_KERNELS = frozenset({"uint16", "uint32", "uint64"})


def in_int64(compute: Callable[..., Node], *operands: Node, dtype: str) -> Node:
    """``compute`` of the operands as int64, as ``dtype`` again."""
    made = compute(*(_wide(n) for n in operands))
    return cast(made, dtype)


def _wide(node: Node) -> Node:
    """Constants are numbers already; anything else is cast."""
    if isinstance(node, Const):
        return const(node.array, "int64")
    return cast(node, "int64")
