"""Lifts: several torch-dialect nodes that are one torch idiom, written as one.

A lift is a function ``Node -> Node | None`` on a node whose operands are lifted
already; it matches from the result upwards and leaves shared inner values alone.
"""

from __future__ import annotations

from collections.abc import Callable

from tf2torch.ir.nodes import Node

Lift = Callable[[Node], Node | None]


def all_lifts() -> tuple[Lift, ...]:
    """Every lift, in the order in which they are tried on a node."""
    return ()
