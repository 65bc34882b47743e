"""What is known about a custom gradient before it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Node

if TYPE_CHECKING:
    from tf2torch.transpiler.frontends.body import Body, Ref


@dataclass(frozen=True)
class Capture:
    """A value of the forward pass: a leaf, or a tensor or argument of ``function``."""

    leaf: Callable[[], Node] | None = None
    function: str = ""
    tensor: Ref | None = None
    argument: int | None = None

    def value(self, body: Body, values: Mapping[Ref, Node]) -> Node | None:
        """The captured node, as seen from the body that is being built."""
        if self.leaf is not None:
            return self.leaf()
        if self.function != body.name:
            return None
        if self.argument is not None:
            return values[body.args[self.argument]]
        return values.get(self.tensor) if self.tensor is not None else None


@dataclass(frozen=True)
class Gradient:
    """A gradient function; result i is the gradient of operand ``positions[i]``."""

    function: str
    captures: tuple[Capture, ...]
    positions: tuple[int, ...]
