"""Marks of regions in a flat forward: comments with the scopes of the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.body import Body, Step

WIDTH = 72


def mark(body: Body, steps: Sequence[Step], index: int) -> None:
    """``# encoder/layer_0`` where that scope begins."""
    scope = steps[index].node.origin.scope
    before = steps[index - 1].node.origin.scope if index else ()
    if scope and scope != before:
        # A name from the model must not end the comment.
        body.line("# " + re.sub(r"[^\w/.-]", "_", "/".join(scope))[:WIDTH])
